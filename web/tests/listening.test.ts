import { expect, test } from "vitest";
import { Listening } from "../src/player/listening";

/** Plays from a position for a while, a tick each quarter of a second, as a browser's timeupdate comes. */
function play(listening: Listening, from: number, ms: number, at: number, rate = 1): void {
  for (let passed = 0; passed <= ms; passed += 250) listening.tick(from + passed * rate, at + passed);
}

test("what plays without a break counts in full", () => {
  const listening = new Listening();

  play(listening, 0, 31_000, 1_000);

  expect(listening.listenedMs).toBe(31_000);
});

test("nothing was heard before the second tick", () => {
  const listening = new Listening();

  listening.tick(20_000, 0);

  expect(listening.listenedMs).toBe(0);
});

test("a seek forward adds nothing, seen or unseen", () => {
  const [told, untold] = [new Listening(), new Listening()];

  play(told, 0, 5_000, 0);
  told.rest();
  play(told, 40_000, 5_000, 5_000);
  play(untold, 0, 5_000, 0);
  play(untold, 40_000, 5_000, 5_250);

  expect(told.listenedMs).toBe(10_000);
  expect(untold.listenedMs).toBe(10_000);
});

test("a seek back counts what is heard again", () => {
  const listening = new Listening();

  play(listening, 0, 5_000, 0);
  listening.rest();
  play(listening, 0, 5_000, 6_000);

  expect(listening.listenedMs).toBe(10_000);
});

test("a pause and a stall add nothing", () => {
  const listening = new Listening();

  play(listening, 0, 5_000, 0);
  listening.rest();
  play(listening, 5_000, 5_000, 600_000);
  listening.tick(10_000, 605_000 + 8_000);

  expect(listening.listenedMs).toBe(10_000);
});

test("playing twice as fast counts the time that passed", () => {
  const listening = new Listening();

  play(listening, 0, 10_000, 0, 2);

  expect(listening.listenedMs).toBe(10_000);
});

test("a browser that reports positions in steps loses nothing", () => {
  const listening = new Listening();
  const positions = [0, 240, 520, 700, 1_040, 1_250];

  positions.forEach((position, place) => listening.tick(position, place * 250));

  expect(listening.listenedMs).toBe(1_250);
});

test("timers that sleep in a hidden tab lose nothing", () => {
  const listening = new Listening();

  listening.tick(0, 0);
  listening.tick(60_000, 60_000);

  expect(listening.listenedMs).toBe(60_000);
});
