/** Refreshing: one at a time in a page, and the same attempt again when an answer was lost. */
import { problemFrom, type Problem } from "../api/problems";
import { clientHeaders } from "./flows";

export interface Tokens {
  access_token: string;
  expires_at: string;
}

export type Refreshed = { tokens: Tokens } | { ended: Problem } | { failed: true };

const ENDED = ["SESSION_ENDED", "REFRESH_REUSED", "REFRESH_INVALID", "REFRESH_MISSING"];

export class Refresher {
  /** Kept until it has an answer: the server then gives the same successor again. */
  #attempt: string | null = null;
  #running: Promise<Refreshed> | null = null;

  constructor(
    readonly send: typeof fetch = (...given) => fetch(...given),
    readonly newAttempt: () => string = () => crypto.randomUUID(),
  ) {}

  refresh(): Promise<Refreshed> {
    this.#running ??= this.#refresh().finally(() => (this.#running = null));
    return this.#running;
  }

  async #refresh(): Promise<Refreshed> {
    this.#attempt ??= this.newAttempt();
    let response: Response;
    try {
      response = await this.send("/auth/refresh", {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", ...clientHeaders() },
        body: JSON.stringify({ attempt_id: this.#attempt }),
      });
    } catch {
      return { failed: true };
    }
    if (response.ok) {
      this.#attempt = null;
      return { tokens: (await response.json()) as Tokens };
    }
    const problem = await problemFrom(response);
    if (!ENDED.includes(problem.code)) return { failed: true };
    this.#attempt = null;
    return { ended: problem };
  }
}
