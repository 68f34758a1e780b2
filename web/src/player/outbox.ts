/** Plays that have not been answered yet, kept over reloads and crashes, for each user apart. */
import type { PlayResult, SentPlay } from "../api/types";
import type { Store } from "../lib/storage";

export interface Play extends SentPlay {
  playId: string;
}

interface Kept extends Play {
  /** It was still under way when it was written: the tab that plays it writes it again, or died. */
  open: boolean;
}

const PREFIX = "backbeat.plays.";
const MOST = 100;

/** A key for each play, so that tabs never write over each other's. */
export class Outbox {
  constructor(readonly store: Store) {}

  put(userUid: string, play: Play, { open = false } = {}): void {
    const kept: Kept = { ...play, open };
    try {
      this.store.setItem(this.#key(userUid, play.playId), JSON.stringify(kept));
    } catch {
      // A full or forbidden storage: the play is still sent, it is only not kept for later.
    }
  }

  remove(userUid: string, playId: string): void {
    this.store.removeItem(this.#key(userUid, playId));
  }

  /** The plays to send, as many as one request should hold; of the open ones those whose tab is gone. */
  waiting(userUid: string, isAlive: (playId: string) => boolean = () => false): Play[] {
    const found: Play[] = [];
    for (const key of this.#keys(`${PREFIX}${userUid}.`)) {
      const kept = this.#read(key);
      if (!kept) this.store.removeItem(key);
      else if (!(kept.open && isAlive(kept.playId))) found.push(kept);
      if (found.length === MOST) break;
    }
    return found;
  }

  /** Forgets what was answered, row by row: accepted, counted before, or never to be counted. */
  answered(userUid: string, sent: readonly Play[], results: readonly PlayResult[]): void {
    sent.forEach(({ playId }, place) => {
      if (results[place]) this.remove(userUid, playId);
    });
  }

  #keys(prefix: string): string[] {
    const names = Array.from({ length: this.store.length }, (_, place) => this.store.key(place));
    return names.filter((name): name is string => name?.startsWith(prefix) ?? false);
  }

  #read(key: string): Kept | null {
    try {
      const kept = JSON.parse(this.store.getItem(key) ?? "null") as Kept | null;
      return kept?.ticket && kept.playId ? kept : null;
    } catch {
      return null;
    }
  }

  #key(userUid: string, playId: string): string {
    return `${PREFIX}${userUid}.${playId}`;
  }
}

export function asSent({ ticket, listened_ms, started_at, ended_at }: Play): SentPlay {
  return { ticket, listened_ms, started_at, ended_at };
}

/** Seconds before the next attempt: 2, 4, 8 … 5 minutes, or as long as the server asked for. */
export function pauseBefore(attempt: number, retryAfter: number | null = null): number {
  return Math.max(retryAfter ?? 0, Math.min(2 ** attempt, 300));
}
