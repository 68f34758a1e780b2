/** When the next break is due: what was heard since the last one, for each user apart, kept over reloads. */
import type { BreakCount } from "../api/types";
import { keep, type Store } from "../lib/storage";

interface Kept {
  since: BreakCount;
  next: BreakCount;
}

const PREFIX = "backbeat.breaks.";
const NOTHING: BreakCount = { tracks: 0, listened_ms: 0 };
// Until the server has said how often.
const AT_FIRST: BreakCount = { tracks: 3, listened_ms: 900_000 };

export class BreakClock {
  /** What a full or forbidden storage can't hold lasts as long as the page. */
  #kept = new Map<string, Kept>();

  constructor(
    readonly store: Store,
    readonly userUid: () => string | undefined,
  ) {}

  get since(): BreakCount {
    return this.#read().since;
  }

  get isDue(): boolean {
    const { since, next } = this.#read();
    return since.tracks >= next.tracks || since.listened_ms >= next.listened_ms;
  }

  heard(ms: number): void {
    const { since, next } = this.#read();
    this.#write({ since: { ...since, listened_ms: since.listened_ms + Math.round(ms) }, next });
  }

  /** A track was heard to its end. */
  trackEnded(): void {
    const { since, next } = this.#read();
    this.#write({ since: { ...since, tracks: since.tracks + 1 }, next });
  }

  /** The count begins anew, whatever comes of the break: a server in trouble is not asked after every track. */
  begin(next?: BreakCount): void {
    this.#write({ since: NOTHING, next: next ?? this.#read().next });
  }

  #read(): Kept {
    const uid = this.userUid();
    if (!uid) return { since: NOTHING, next: AT_FIRST };
    // The storage first: another tab may have counted.
    return (
      parse(this.store.getItem(PREFIX + uid)) ?? this.#kept.get(uid) ?? { since: NOTHING, next: AT_FIRST }
    );
  }

  #write(kept: Kept): void {
    const uid = this.userUid();
    if (!uid) return;
    this.#kept.set(uid, kept);
    keep(PREFIX + uid, JSON.stringify(kept), this.store);
  }
}

function parse(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    return kept && isCount(kept.since) && isCount(kept.next) ? kept : null;
  } catch {
    return null;
  }
}

function isCount(count: BreakCount | undefined): boolean {
  return [count?.tracks, count?.listened_ms].every((value) => Number.isInteger(value) && Number(value) >= 0);
}
