/** Takes plays to the server: at once, again after a failure, and at the next start. */
import { postWith } from "../api/client";
import { asProblem, Problem } from "../api/problems";
import { asSent, Outbox, pauseBefore, type Play } from "./outbox";

export interface Sender {
  userUid: string;
  token: string;
}

export class Courier {
  #attempt = 0;
  #timer = 0;
  #running: Promise<void> | null = null;
  #release = new Map<string, () => void>();

  /** `sender` is null while nobody is signed in: what waits then waits for the same user. */
  constructor(
    readonly outbox: Outbox,
    readonly sender: () => Sender | null,
    /** A long listen may outlast its token: a fresh one is got before plays are sent. */
    readonly prepare: () => Promise<unknown> = async () => undefined,
  ) {}

  /** A play under way, written down every few seconds so that a crash loses little of it. */
  checkpoint(userUid: string, play: Play): void {
    this.outbox.put(userUid, play, { open: true });
    this.#claim(play.playId);
  }

  /** A play that has ended. */
  deliver(userUid: string, play: Play): void {
    this.outbox.put(userUid, play);
    this.#unclaim(play.playId);
    void this.flush();
  }

  /** The page goes away: written down, and sent by a request that outlives it. */
  deliverNow(userUid: string, play: Play): void {
    this.outbox.put(userUid, play);
    this.#unclaim(play.playId);
    const sender = this.sender();
    if (sender?.userUid === userUid) void this.#send(sender, [play], true).catch(() => undefined);
  }

  /** Sends what waits. One at a time: who calls meanwhile waits for the same. */
  async flush(): Promise<void> {
    await this.prepare();
    const sender = this.sender();
    if (sender) await (this.#running ??= this.#flush(sender));
  }

  async #flush(sender: Sender): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const alive = await this.#alive();
      const waiting = this.outbox.waiting(sender.userUid, (playId) => alive.has(playId));
      if (waiting.length) await this.#send(sender, waiting);
      this.#attempt = 0;
      if (this.outbox.waiting(sender.userUid, (playId) => alive.has(playId)).length) this.#later(null);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.isPassing) this.#later(problem.retryAfter);
    } finally {
      this.#running = null;
    }
  }

  #later(retryAfter: number | null): void {
    this.#attempt += 1;
    this.#timer = window.setTimeout(() => void this.flush(), pauseBefore(this.#attempt, retryAfter) * 1000);
  }

  async #send(sender: Sender, plays: readonly Play[], keepalive = false): Promise<void> {
    try {
      const body = { plays: plays.map(asSent) };
      const { plays: results } = await postWith("/api/v1/plays", body, sender.token, { keepalive });
      this.outbox.answered(sender.userUid, plays, results);
    } catch (error) {
      if (!(error instanceof Problem) || ![400, 413].includes(error.status)) throw error;
      await this.#sendApart(sender, plays);
    }
  }

  /** One row that the server can't read must not hold back the others, nor be sent for ever. */
  async #sendApart(sender: Sender, plays: readonly Play[]): Promise<void> {
    const [play] = plays;
    if (plays.length === 1 && play) this.outbox.remove(sender.userUid, play.playId);
    else for (const one of plays) await this.#send(sender, [one]);
  }

  /** A lock of the play's name, held as long as this tab lives and plays it. */
  #claim(playId: string): void {
    if (this.#release.has(playId) || !("locks" in navigator)) return;
    const held = new Promise<void>((resolve) => this.#release.set(playId, resolve));
    void navigator.locks.request(`backbeat.play.${playId}`, () => held).catch(() => undefined);
  }

  #unclaim(playId: string): void {
    this.#release.get(playId)?.();
    this.#release.delete(playId);
  }

  async #alive(): Promise<Set<string>> {
    const own = [...this.#release.keys()];
    if (!("locks" in navigator)) return new Set(own);
    const { held = [] } = await navigator.locks.query();
    return new Set([...own, ...held.map(({ name }) => (name ?? "").replace(/^backbeat\.play\./, ""))]);
  }
}
