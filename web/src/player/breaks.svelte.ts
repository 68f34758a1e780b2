/** Ads between tracks, for who does not pay: when, which one, and what was heard of it. */
import { postMine } from "../api/client";
import type { Ad } from "../api/types";
import { auth } from "../auth/auth.svelte";
import { rights } from "../billing/rights.svelte";
import { store } from "../lib/storage";
import { BreakClock } from "./break-clock";

const PATIENCE_MS = 5_000;

export class Breaks {
  /** Plays before the current item. */
  ad = $state.raw<Ad | null>(null);
  /** A break has begun, and its ad is not here yet. */
  isAsking = false;
  #timer = 0;

  /** `giveUp` is called for an ad that does not sound in time. */
  constructor(
    readonly giveUp: () => void,
    readonly hearsAds: () => boolean = () => rights.hearsAds,
    readonly clock = new BreakClock(store, () => auth.user?.uid),
  ) {}

  get isDue(): boolean {
    return this.hearsAds() && this.clock.isDue;
  }

  get isOn(): boolean {
    return this.isAsking || this.ad !== null;
  }

  /** The ad of this break. None is no trouble, and neither is a server that fails or takes its time. */
  async ask(track: string): Promise<Ad | null> {
    const { tracks, listened_ms } = this.clock.since;
    this.isAsking = true;
    this.clock.begin();
    try {
      const body = { tracks: Math.min(tracks, 1_000), listened_ms, track };
      const answer = await Promise.race([postMine("/api/v1/ad-breaks", body, { quiet: true }), runOut()]);
      if (answer) this.clock.begin(answer.next_break);
      return answer?.ad ?? null;
    } catch {
      return null;
    }
  }

  /** Counts from the first call, however often it is called: it sounds in time, or is given up. */
  expect(): void {
    if (this.ad) this.#timer ||= window.setTimeout(this.giveUp, PATIENCE_MS);
  }

  /** It sounds, or its listener has paused it. */
  calm(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  end(): void {
    this.ad = null;
    this.isAsking = false;
    this.calm();
  }
}

function runOut(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
}
