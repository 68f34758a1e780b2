/** Tickets and links. A ticket is one listen: it is given out once, and a repeat gets another. */
import { postMine } from "../api/client";
import type { Restriction, TicketAnswer } from "../api/types";
import type { Item } from "./queue";

export interface Ticket {
  playId: string;
  /** Opaque; goes back with the play. */
  ticket: string;
  link: string;
  gainDb: number;
  userUid: string;
}

export interface Refusal {
  restriction: Restriction | undefined;
}

export type Granted = Ticket | Refusal;

// A link lives six hours; one that was fetched ahead and waited through a long pause is asked for again.
const FRESH_MS = 3_600_000;

export function isRefusal(granted: Granted): granted is Refusal {
  return "restriction" in granted;
}

export function grantedFrom(answer: TicketAnswer, userUid: string): Granted {
  const { ticket, play_id: playId, link, gain_db: gainDb = 0 } = answer;
  if (!answer.is_playable || !ticket || !playId || !link) return { restriction: answer.restriction };
  return { ticket, playId, link, gainDb, userUid };
}

export class Tickets {
  #ahead = new Map<number, { ticket: Ticket; at: number }>();

  constructor(readonly userUid: () => string | undefined) {}

  /** For what plays now; the next one's comes along. Asks to sign in where that is needed. */
  async take(item: Item, next: Item | null): Promise<Granted> {
    const ahead = this.#ahead.get(item.key);
    this.#ahead.delete(item.key);
    if (ahead && ahead.ticket.userUid === this.userUid() && Date.now() - ahead.at < FRESH_MS)
      return ahead.ticket;
    const [now, after] = await this.#ask(next ? [item, next] : [item], false);
    if (next) this.#hold(next, after);
    return now ?? { restriction: undefined };
  }

  /** For what plays next, when its ticket is not there yet. Never in the listener's way. */
  async fetchAhead(next: Item): Promise<void> {
    if (this.#ahead.has(next.key)) return;
    const [granted] = await this.#ask([next], true).catch(() => []);
    this.#hold(next, granted);
  }

  /** Another link for what plays already, after a media error. */
  async renew(item: Item): Promise<Granted> {
    const [granted] = await this.#ask([item], false);
    return granted ?? { restriction: undefined };
  }

  #hold(item: Item, granted: Granted | undefined): void {
    this.#ahead.clear();
    if (granted && !isRefusal(granted)) this.#ahead.set(item.key, { ticket: granted, at: Date.now() });
  }

  async #ask(items: readonly Item[], quiet: boolean): Promise<Granted[]> {
    const asked = items.map(({ track, context }) => ({ track: track.uid, context }));
    const { items: answers } = await postMine("/api/v1/play-tickets", { items: asked }, { quiet });
    return answers.map((answer) => grantedFrom(answer, this.userUid() ?? ""));
  }
}
