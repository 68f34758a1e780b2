/** What plays, what played before it and what plays next. Values: each change is a new queue. */
import type { PlayContext, Track } from "../api/types";

export interface Item {
  /** Its place may change and a track may be there twice; this tells items apart. */
  readonly key: number;
  readonly track: Track;
  readonly context: PlayContext;
}

export interface Queue {
  readonly items: readonly Item[];
  /** The current item's place; -1 when nothing is. */
  readonly place: number;
}

export const NOTHING: Queue = { items: [], place: -1 };

let keys = 0;

function itemsOf(tracks: readonly Track[], context: PlayContext): Item[] {
  return tracks.map((track) => ({ key: (keys += 1), track, context }));
}

/** All the tracks, beginning with one of them. */
export function queueOf(tracks: readonly Track[], place: number, context: PlayContext): Queue {
  return { items: itemsOf(tracks, context), place: tracks[place] ? place : -1 };
}

export function currentOf(queue: Queue): Item | null {
  return queue.items[queue.place] ?? null;
}

export function kindOf(item: Item | null): "audio" | "video" {
  return item?.track.kind === "video" ? "video" : "audio";
}

/** The nearest item after or before the current one that may be played. */
function neighbour(queue: Queue, step: 1 | -1): Item | null {
  for (let place = queue.place + step; place >= 0 && place < queue.items.length; place += step) {
    const item = queue.items[place];
    if (item?.track.is_playable) return item;
  }
  return null;
}

export const nextOf = (queue: Queue): Item | null => neighbour(queue, 1);
export const previousOf = (queue: Queue): Item | null => neighbour(queue, -1);
export const upcomingOf = (queue: Queue): readonly Item[] => queue.items.slice(queue.place + 1);

export function goTo(queue: Queue, item: Item): Queue {
  const place = queue.items.findIndex(({ key }) => key === item.key);
  return place < 0 ? queue : { ...queue, place };
}

export function append(queue: Queue, tracks: readonly Track[], context: PlayContext): Queue {
  return { ...queue, items: [...queue.items, ...itemsOf(tracks, context)] };
}

/** Without one of the items that are not the current one. */
export function without(queue: Queue, item: Item): Queue {
  const place = queue.items.findIndex(({ key }) => key === item.key);
  if (place < 0 || place === queue.place) return queue;
  return {
    items: queue.items.filter(({ key }) => key !== item.key),
    place: place < queue.place ? queue.place - 1 : queue.place,
  };
}

/** Only what has been and is: nothing comes after. */
export function withoutUpcoming(queue: Queue): Queue {
  return { ...queue, items: queue.items.slice(0, queue.place + 1) };
}
