import type { PlayContext, Track } from "../src/api/types";

export const ALBUM: PlayContext = { kind: "album", uid: "00000000-0000-7000-8000-00000000a1b0" };

export function track(title: string, { playable = true } = {}): Track {
  return {
    uid: title,
    title,
    kind: "audio",
    duration_ms: 60_000,
    explicit: false,
    disc: 1,
    number: 1,
    artists: [{ uid: "artist", name: "Artist" }],
    release: { uid: "release", title: "Release", artwork: null },
    is_playable: playable,
    available_until: null,
    restriction: playable ? null : { reason: "GEO_RESTRICTED", available_from: null },
  };
}
