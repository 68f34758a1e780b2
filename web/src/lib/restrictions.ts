import type { Restriction, Track } from "../api/types";
import { date } from "./format";

const WORDS: Record<string, string> = {
  NOT_YET_RELEASED: "Not out yet",
  GEO_RESTRICTED: "Not available in your country",
  EXPLICIT_BLOCKED: "Hidden by your filter for explicit songs",
  NOT_ENTITLED: "Preview: part of the paid plan",
  WINDOW_ENDED: "No longer available",
  TAKEN_DOWN: "Taken down by its label",
  NOT_FOUND: "No longer available",
  CONCURRENT_PLAYBACK: "Playing on another device of this account",
  DEVICE_LIMIT: "This account has no room for another device",
};

/** Of what the plan does not hold, the preview can be heard. */
export function canStart(track: Track): boolean {
  return track.is_playable || track.restriction?.reason === "NOT_ENTITLED";
}

/** Why a row is grey, with its date when there is one. */
export function reasonFor(restriction: Restriction | null | undefined): string {
  if (!restriction) return "Not available";
  const { reason, available_from: from } = restriction;
  if (from && Date.parse(from) > Date.now()) return `Available from ${date(from)}`;
  return WORDS[reason] ?? "Not available";
}
