/** One ad from its start to its end. It is never a play: what was heard of it goes to the impressions. */
import type { Ad } from "../api/types";
import type { Impressions } from "./impressions";
import type { Hearing } from "./listen";
import { Listening } from "./listening";

export class AdListen implements Hearing {
  #heard = new Listening();

  constructor(
    readonly ad: Ad,
    readonly userUid: string,
    readonly impressions: Impressions,
  ) {}

  get listenedMs(): number {
    return this.#heard.listenedMs;
  }

  tick(position: number): void {
    this.#heard.tick(position * 1000, performance.now());
  }

  rest(): void {
    this.#heard.rest();
  }

  /** An ad under way is not written down: what its listener did not hear to the end need not survive a crash. */
  write(): void {}

  /** The server decides what is enough. */
  end({ leaving = false } = {}): void {
    const { impression } = this.ad;
    const listened_ms = this.#heard.listenedMs;
    if (listened_ms > 0) this.impressions.deliver(this.userUid, { impression, listened_ms }, { leaving });
  }
}
