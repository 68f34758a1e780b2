import { expect, test } from "vitest";
import { MemoryStore } from "../src/lib/storage";
import { BreakClock } from "../src/player/break-clock";

function clockOf(store = new MemoryStore(), uid: string | undefined = "bob"): BreakClock {
  return new BreakClock(store, () => uid);
}

test("a break is due after three whole tracks until the server says otherwise", () => {
  const clock = clockOf();

  clock.trackEnded();
  clock.trackEnded();
  expect(clock.isDue).toBe(false);
  clock.trackEnded();

  expect(clock.isDue).toBe(true);
});

test("a break is due after a quarter of an hour, skipped tracks or whole ones", () => {
  const clock = clockOf();

  clock.heard(899_999.4);
  expect(clock.isDue).toBe(false);
  clock.heard(1);

  expect(clock.isDue).toBe(true);
  expect(clock.since).toEqual({ tracks: 0, listened_ms: 900_000 });
});

test("the count begins anew with each break, and the server's numbers stay", () => {
  const clock = clockOf();
  clock.trackEnded();

  clock.begin({ tracks: 1, listened_ms: 60_000 });
  expect(clock.isDue).toBe(false);
  clock.trackEnded();
  expect(clock.isDue).toBe(true);
  clock.begin();

  expect(clock.since).toEqual({ tracks: 0, listened_ms: 0 });
  clock.heard(60_000);
  expect(clock.isDue).toBe(true);
});

test("a reload forgets nothing, and each user has an own count", () => {
  const store = new MemoryStore();
  clockOf(store).trackEnded();

  expect(clockOf(store).since.tracks).toBe(1);
  expect(clockOf(store, "charlie").since.tracks).toBe(0);
});

test("nobody is counted for nobody", () => {
  const store = new MemoryStore();
  const clock = new BreakClock(store, () => undefined);

  clock.trackEnded();

  expect(store.length).toBe(0);
  expect(clock.isDue).toBe(false);
});

test.each(["{not json", "null", '{"since":{"tracks":-1,"listened_ms":0}}', '{"since":{},"next":{}}'])(
  "what can't be read is no count: %s",
  (text) => {
    const store = new MemoryStore();
    store.setItem("backbeat.breaks.bob", text);

    expect(clockOf(store).since).toEqual({ tracks: 0, listened_ms: 0 });
  },
);

test("a full storage counts as long as the page lives", () => {
  const store = new MemoryStore();
  store.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const clock = clockOf(store);

  clock.trackEnded();

  expect(clock.since.tracks).toBe(1);
});
