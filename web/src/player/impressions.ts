/** Takes the ads that were heard to the server: at once, again after a failure, and at the next start. */
import { postWith } from "../api/client";
import { asProblem } from "../api/problems";
import type { Store } from "../lib/storage";
import type { Sender } from "./courier";
import { pauseBefore } from "./outbox";

interface Heard {
  impression: string;
  listened_ms: number;
}

const PREFIX = "backbeat.ads.";

export class Impressions {
  #attempt = 0;
  #timer = 0;
  #running: Promise<void> | null = null;

  /** As with plays: what waits while nobody is signed in waits for the same user. */
  constructor(
    readonly store: Store,
    readonly sender: () => Sender | null,
    readonly prepare: () => Promise<unknown> = async () => undefined,
  ) {}

  /** `leaving`: the page goes away, and the request outlives it. The server counts each impression once. */
  deliver(userUid: string, heard: Heard, { leaving = false } = {}): void {
    this.#keep(userUid, heard);
    const sender = this.sender();
    if (!leaving) void this.flush();
    else if (sender?.userUid === userUid) void this.#send(sender, heard, true).catch(() => undefined);
  }

  /** Sends what waits. One at a time: who calls meanwhile waits for the same. */
  async flush(): Promise<void> {
    await this.prepare();
    const sender = this.sender();
    if (sender) await (this.#running ??= this.#flush(sender).finally(() => (this.#running = null)));
  }

  waiting(userUid: string): Heard[] {
    const prefix = `${PREFIX}${userUid}.`;
    const names = Array.from({ length: this.store.length }, (_, place) => this.store.key(place) ?? "");
    return names
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({
        impression: name.slice(prefix.length),
        listened_ms: Number(this.store.getItem(name)) || 0,
      }));
  }

  async #flush(sender: Sender): Promise<void> {
    clearTimeout(this.#timer);
    try {
      for (const heard of this.waiting(sender.userUid)) await this.#send(sender, heard);
      this.#attempt = 0;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.isPassing) this.#later(problem.retryAfter);
    }
  }

  #later(retryAfter: number | null): void {
    this.#attempt += 1;
    this.#timer = window.setTimeout(() => void this.flush(), pauseBefore(this.#attempt, retryAfter) * 1000);
  }

  /** What was answered is forgotten, counted or not; so is what the server will never take. */
  async #send(sender: Sender, heard: Heard, keepalive = false): Promise<void> {
    try {
      await postWith("/api/v1/ad-impressions", heard, sender.token, { keepalive });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.isPassing || problem.status === 401) throw error;
    }
    this.store.removeItem(`${PREFIX}${sender.userUid}.${heard.impression}`);
  }

  #keep(userUid: string, { impression, listened_ms }: Heard): void {
    try {
      this.store.setItem(`${PREFIX}${userUid}.${impression}`, String(listened_ms));
    } catch {
      // A full or forbidden storage: see the outbox of plays. This one is sent while the page lives, or not at all.
    }
  }
}
