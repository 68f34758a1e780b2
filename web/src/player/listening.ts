/** How long something was really heard. */

// The clock and the media's position are read one after the other, and a browser reports positions in steps.
const TOLERANCE_MS = 350;

/**
 * Adds up the time rendered in one listen. What counts is how far the media moved while it was playing: never where the
 * playhead is, so seeks add nothing, and never more than the time that passed, so neither does playing faster.
 * Positions are the media's, times those of a monotonic clock, both in milliseconds.
 */
export class Listening {
  #moved = 0;
  #passed = 0;
  #last: { position: number; at: number } | null = null;

  get listenedMs(): number {
    return Math.floor(Math.min(this.#moved, this.#passed));
  }

  /** While it plays. */
  tick(position: number, at: number): void {
    const last = this.#last;
    this.#last = { position, at };
    if (!last) return;
    const [moved, passed] = [position - last.position, at - last.at];
    if (moved < 0 || moved > passed + TOLERANCE_MS) return;
    this.#moved += moved;
    this.#passed += passed;
  }

  /** Before a pause, a seek or a stall: what lies between this and the next tick was not heard. */
  rest(): void {
    this.#last = null;
  }
}
