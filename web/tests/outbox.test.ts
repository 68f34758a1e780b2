import { expect, test } from "vitest";
import type { PlayResult } from "../src/api/types";
import { MemoryStore } from "../src/lib/storage";
import { asSent, Outbox, pauseBefore, type Play } from "../src/player/outbox";

const BOB = "bob";

function play(playId: string, listened_ms = 31_000): Play {
  const at = "2026-11-25T14:05:00.000+01:00";
  return { playId, ticket: `ticket of ${playId}`, listened_ms, started_at: at, ended_at: at };
}

function result(playId: string, status: PlayResult["status"]): PlayResult {
  return { play_id: playId, status, reason: null };
}

const ids = (plays: readonly Play[]): string[] => plays.map(({ playId }) => playId);

test("a play waits until it is answered, whatever the answer", () => {
  const outbox = new Outbox(new MemoryStore());
  const plays = ["a", "b", "c", "d"].map((playId) => play(playId));
  plays.forEach((one) => outbox.put(BOB, one));

  outbox.answered(BOB, plays, [result("a", "accepted"), result("b", "duplicate"), result("c", "rejected")]);

  expect(ids(outbox.waiting(BOB))).toEqual(["d"]);
});

test("the next start finds what the last one left", () => {
  const store = new MemoryStore();

  new Outbox(store).put(BOB, play("a"));

  expect(ids(new Outbox(store).waiting(BOB))).toEqual(["a"]);
});

test("each user has an own outbox", () => {
  const outbox = new Outbox(new MemoryStore());

  outbox.put(BOB, play("a"));

  expect(outbox.waiting("alice")).toEqual([]);
});

test("a play under way is sent only when its tab is gone", () => {
  const outbox = new Outbox(new MemoryStore());
  outbox.put(BOB, play("a"), { open: true });

  expect(outbox.waiting(BOB, () => true)).toEqual([]);
  expect(ids(outbox.waiting(BOB, () => false))).toEqual(["a"]);
});

test("a later word about a play replaces the earlier one", () => {
  const outbox = new Outbox(new MemoryStore());

  outbox.put(BOB, play("a", 5_000), { open: true });
  outbox.put(BOB, play("a", 40_000));

  expect(outbox.waiting(BOB, () => true).map(({ listened_ms }) => listened_ms)).toEqual([40_000]);
});

test("what can't be read is thrown away", () => {
  const store = new MemoryStore();
  store.setItem("backbeat.plays.bob.x", "{not json");
  store.setItem("backbeat.theme", "dark");

  expect(new Outbox(store).waiting(BOB)).toEqual([]);
  expect(store.length).toBe(1);
  expect(store.getItem("backbeat.theme")).toBe("dark");
});

test("one request holds a hundred plays at most", () => {
  const outbox = new Outbox(new MemoryStore());
  for (let number = 0; number < 130; number += 1) outbox.put(BOB, play(`p${number}`));

  expect(outbox.waiting(BOB)).toHaveLength(100);
});

test("a full storage does not stop the music", () => {
  const store = new MemoryStore();
  store.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };

  expect(() => new Outbox(store).put(BOB, play("a"))).not.toThrow();
});

test("only what the API knows is sent", () => {
  expect(Object.keys(asSent(play("a")))).toEqual(["ticket", "listened_ms", "started_at", "ended_at"]);
});

test("attempts come ever later, and not before the server wants them", () => {
  expect([1, 2, 3, 20].map((attempt) => pauseBefore(attempt))).toEqual([2, 4, 8, 300]);
  expect(pauseBefore(1, 30)).toBe(30);
});
