/** One listen from its ticket to its play. */
import { localTimestamp } from "../lib/format";
import type { Courier } from "./courier";
import { Listening } from "./listening";
import type { Play } from "./outbox";
import type { Ticket } from "./tickets";

/** Something that is being heard, a track or an ad. */
export interface Hearing {
  readonly listenedMs: number;
  tick(position: number): void;
  rest(): void;
  write(): void;
  end(how?: { leaving?: boolean }): void;
}

const CHECKPOINT_MS = 5_000;

export class Listen implements Hearing {
  #heard = new Listening();
  #startedAt: Date | null = null;
  #writtenAt = 0;

  constructor(
    readonly ticket: Ticket,
    readonly courier: Courier,
  ) {}

  get listenedMs(): number {
    return this.#heard.listenedMs;
  }

  /** `position` in seconds, as media elements say it. */
  tick(position: number): void {
    const at = performance.now();
    this.#startedAt ??= new Date();
    this.#heard.tick(position * 1000, at);
    if (at - this.#writtenAt > CHECKPOINT_MS) this.write(at);
  }

  rest(): void {
    this.#heard.rest();
  }

  /** Keeps what was heard so far, in case that nobody comes to say the end. */
  write(at = performance.now()): void {
    this.#writtenAt = at;
    const play = this.#play();
    if (play) this.courier.checkpoint(this.ticket.userUid, play);
  }

  /** Nothing is sent of what was never heard. */
  end({ leaving = false } = {}): void {
    const play = this.#play();
    if (!play) return;
    if (leaving) this.courier.deliverNow(this.ticket.userUid, play);
    else this.courier.deliver(this.ticket.userUid, play);
  }

  #play(): Play | null {
    if (!this.#startedAt || this.#heard.listenedMs === 0) return null;
    const { playId, ticket } = this.ticket;
    return {
      playId,
      ticket,
      listened_ms: this.#heard.listenedMs,
      started_at: localTimestamp(this.#startedAt),
      ended_at: localTimestamp(new Date(Math.max(Date.now(), this.#startedAt.getTime()))),
    };
  }
}
