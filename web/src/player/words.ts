/** What the player says to people: why nothing plays, and that an ad does. */
import { SignInDismissed } from "../api/client";
import { asProblem } from "../api/problems";
import type { Ad } from "../api/types";
import { spokenClock } from "../lib/format";
import { reasonFor } from "../lib/restrictions";
import type { Refusal } from "./tickets";

export const NO_HLS = "This browser can't play HLS. Use a current Chrome, Firefox, Edge or Safari.";
export const LOST = "The connection was lost. Press play to try again.";

export function refusalWords({ restriction }: Refusal): string {
  return `${reasonFor(restriction)}.`;
}

export function failureWords(error: unknown): string {
  return error instanceof SignInDismissed ? "Sign in to play this." : asProblem(error).message;
}

/** For the ear: "Advertisement by Corner Coffee, 15 seconds". */
export function adWords({ advertiser, duration_ms }: Ad): string {
  return `Advertisement by ${advertiser}, ${spokenClock(duration_ms)}`;
}
