import { expect, test } from "vitest";
import * as queues from "../src/player/queue";
import { ALBUM, track } from "./things";

const titles = (items: readonly queues.Item[]): string[] => items.map((item) => item.track.title);

function queueOf(names: string, place = 0): queues.Queue {
  const tracks = names.split(" ").map((name) => track(name, { playable: !name.startsWith("x") }));
  return queues.queueOf(tracks, place, ALBUM);
}

test("a queue begins where the listener tapped and keeps what is around", () => {
  const queue = queueOf("a b c", 1);

  expect(queues.currentOf(queue)?.track.title).toBe("b");
  expect(queues.previousOf(queue)?.track.title).toBe("a");
  expect(titles(queues.upcomingOf(queue))).toEqual(["c"]);
});

test("next and previous pass over what can't be played", () => {
  const queue = queueOf("a x1 b x2 c", 2);

  expect(queues.nextOf(queue)?.track.title).toBe("c");
  expect(queues.previousOf(queue)?.track.title).toBe("a");
  expect(queues.nextOf(queueOf("a x"))).toBeNull();
});

test("nothing comes before the first or after the last", () => {
  expect(queues.previousOf(queueOf("a b"))).toBeNull();
  expect(queues.nextOf(queueOf("a b", 1))).toBeNull();
  expect(queues.nextOf(queues.NOTHING)).toBeNull();
  expect(queues.currentOf(queues.NOTHING)).toBeNull();
});

test("the same track twice is two items", () => {
  const queue = queues.append(queueOf("a b"), [track("a")], ALBUM);
  const last = queue.items[2]!;

  const moved = queues.goTo(queue, last);

  expect(moved.place).toBe(2);
  expect(titles(moved.items)).toEqual(["a", "b", "a"]);
});

test("taking an item out keeps the current one current", () => {
  const queue = queueOf("a b c", 1);

  expect(queues.without(queue, queue.items[0]!)).toEqual({ items: queue.items.slice(1), place: 0 });
  expect(titles(queues.without(queue, queue.items[2]!).items)).toEqual(["a", "b"]);
  expect(queues.without(queue, queue.items[1]!)).toBe(queue);
  expect(queues.without(queue, queueOf("z").items[0]!)).toBe(queue);
});

test("clearing leaves what has been and is", () => {
  expect(titles(queues.withoutUpcoming(queueOf("a b c d", 1)).items)).toEqual(["a", "b"]);
});

test("a place that is not there is no current item", () => {
  expect(queues.currentOf(queueOf("a", 7))).toBeNull();
});
