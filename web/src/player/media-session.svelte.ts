/** Lock screens, media keys and headphones. */
import { player } from "./player.svelte";

const STEP_S = 10;

/** Call within an effect root: it follows the player. */
export function followPlayer(): void {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  session.setActionHandler("play", () => player.resume());
  session.setActionHandler("pause", () => player.pause());
  session.setActionHandler("previoustrack", () => player.back());
  session.setActionHandler("nexttrack", () => player.skip());
  session.setActionHandler("seekbackward", () => player.seek(player.elapsed - STEP_S));
  session.setActionHandler("seekforward", () => player.seek(player.elapsed + STEP_S));
  session.setActionHandler("seekto", ({ seekTime }) => seekTime !== undefined && player.seek(seekTime));
  $effect(() => {
    const track = player.current?.track;
    const artwork = track?.release.artwork;
    session.metadata = track
      ? new MediaMetadata({
          title: track.title,
          artist: track.artists.map(({ name }) => name).join(", "),
          album: track.release.title,
          artwork: artwork ? [{ src: artwork.large, sizes: "1000x1000", type: "image/webp" }] : [],
        })
      : null;
  });
  $effect(() => {
    session.playbackState = player.status === "idle" ? "none" : player.isBusy ? "playing" : "paused";
  });
}
