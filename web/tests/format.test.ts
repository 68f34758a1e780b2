import { expect, test } from "vitest";
import * as format from "../src/lib/format";
import { reasonFor } from "../src/lib/restrictions";
import { attenuation } from "../src/player/volume.svelte";

test.each([
  [0, "0:00"],
  [999, "0:00"],
  [83_000, "1:23"],
  [3_723_000, "1:02:03"],
  [-5, "0:00"],
])("%i ms is %s on the clock", (ms, said) => {
  expect(format.clock(ms)).toBe(said);
});

test("times are said in words for the ear", () => {
  expect(format.spokenClock(61_000)).toBe("1 minute 1 second");
  expect(format.spokenClock(2_000)).toBe("2 seconds");
});

test("lengths are minutes and hours", () => {
  expect(format.length(10_000)).toBe("1 min");
  expect(format.length(3_720_000)).toBe("1 h 2 min");
});

test("counts are separated by thin spaces", () => {
  expect(format.count(999)).toBe("999");
  expect(format.count(1_234_567)).toBe("1\u2009234\u2009567");
  expect(format.plural(1, "stream")).toBe("1 stream");
  expect(format.plural(0, "stream")).toBe("0 streams");
});

test("a calendar day is the same in every zone", () => {
  expect(format.day("2026-11-25")).toBe("25 Nov 2026");
  expect(format.shortDay("2026-01-05")).toBe("5 Jan");
});

test("instants that matter say their zone", () => {
  expect(format.utc("2026-11-25T14:05:59.999Z")).toBe("25 Nov 2026, 14:05 UTC");
});

test("timestamps carry the listener's own offset and mean the same instant", () => {
  const at = new Date("2026-11-25T23:30:00.000Z");

  const [east, west] = [format.localTimestamp(at, 330), format.localTimestamp(at, -210)];

  expect(east).toBe("2026-11-26T05:00:00.000+05:30");
  expect(west).toBe("2026-11-25T20:00:00.000-03:30");
  expect([east, west].map(Date.parse)).toEqual([at.getTime(), at.getTime()]);
});

test.each([
  [10, 10, "same", "no change"],
  [15, 10, "up", "+50\u2009%"],
  [5, 10, "down", "−50\u2009%"],
  [28, 0, "up", "+28"],
])("%i after %i is %s", (now, before, direction, text) => {
  expect(format.change(now, before)).toEqual({ direction, text });
});

test("a grey row says its reason, and its date when there is one", () => {
  const later = new Date(Date.now() + 40 * 86_400_000).toISOString();

  expect(reasonFor({ reason: "NOT_YET_RELEASED", available_from: later, unlock: null })).toBe(
    `Available from ${format.date(later)}`,
  );
  expect(reasonFor({ reason: "GEO_RESTRICTED", available_from: null, unlock: null })).toBe(
    "Not available in your country",
  );
  expect(reasonFor({ reason: "SOMETHING_NEW", available_from: null, unlock: null })).toBe("Not available");
  expect(reasonFor(null)).toBe("Not available");
});

test("gain only ever makes a track quieter", () => {
  expect(attenuation(-6)).toBeCloseTo(0.501, 3);
  expect(attenuation(0)).toBe(1);
  expect(attenuation(4)).toBe(1);
});
