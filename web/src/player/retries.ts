/** How often a link is asked for again, and how soon. */
const AGAIN_AFTER_MS = [500, 2_000];
// After this much sound a link has proved itself, and the next failure is a new one.
const PROVED_MS = 10_000;

export class Retries {
  #failures = 0;
  #goodSince = 0;

  begin(): void {
    this.#failures = 0;
  }

  /** It plays. */
  good(): void {
    this.#goodSince ||= performance.now();
  }

  /** How long to wait before the next link; undefined when it was tried often enough. */
  next(): number | undefined {
    if (this.#goodSince && performance.now() - this.#goodSince > PROVED_MS) this.#failures = 0;
    this.#goodSince = 0;
    return AGAIN_AFTER_MS[this.#failures++];
  }
}
