/** Lock screens, media keys and headphones. */
import type { Ad, Track } from "../api/types";
import { player } from "./player.svelte";

const STEP_S = 10;

function trackMetadata(track: Track | undefined): MediaMetadata | null {
  if (!track) return null;
  const { artwork, title: album } = track.release;
  return new MediaMetadata({
    title: track.title,
    artist: track.artists.map(({ name }) => name).join(", "),
    album,
    artwork: artwork ? [{ src: artwork.large, sizes: "1000x1000", type: "image/webp" }] : [],
  });
}

function adMetadata({ title, advertiser, banner }: Ad): MediaMetadata {
  return new MediaMetadata({
    title: `Ad: ${title}`,
    artist: advertiser,
    artwork: banner ? [{ src: banner }] : [],
  });
}

/** Call within an effect root: it follows the player. */
export function followPlayer(): void {
  if (!("mediaSession" in navigator)) return;
  const session = navigator.mediaSession;
  session.setActionHandler("play", () => player.resume());
  session.setActionHandler("pause", () => player.pause());
  $effect(() => {
    // In an ad a lock screen offers what the bar does: play and pause.
    const isFree = player.ad === null;
    const on = (action: MediaSessionAction, call: MediaSessionActionHandler): void =>
      session.setActionHandler(action, isFree ? call : null);
    on("previoustrack", () => player.back());
    on("nexttrack", () => player.skip());
    on("seekbackward", () => player.seek(player.elapsed - STEP_S));
    on("seekforward", () => player.seek(player.elapsed + STEP_S));
    on("seekto", ({ seekTime }) => seekTime !== undefined && player.seek(seekTime));
  });
  $effect(() => {
    session.metadata = player.ad ? adMetadata(player.ad) : trackMetadata(player.current?.track);
  });
  $effect(() => {
    session.playbackState = player.status === "idle" ? "none" : player.isBusy ? "playing" : "paused";
  });
}
