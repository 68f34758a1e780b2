import { expect, test } from "vitest";
import { ceilingOf, csvOf, labelled, lineOf, nearest, pointsOf } from "../src/lib/dashboard";

test.each([
  [0, 4],
  [4, 4],
  [5, 5],
  [28, 40],
  [41, 50],
  [51, 100],
  [1_234, 2_000],
])("an axis for %i ends at %i", (largest, top) => {
  expect(ceilingOf(largest)).toBe(top);
});

test("points fill the width, and zero lies at the bottom", () => {
  expect(pointsOf([0, 5, 10], 10, 200, 100)).toEqual([
    { x: 0, y: 100 },
    { x: 100, y: 50 },
    { x: 200, y: 0 },
  ]);
});

test("a line goes through its points", () => {
  expect(lineOf(pointsOf([0, 10], 10, 200, 100))).toBe("M0.0 100.0L200.0 0.0");
  expect(lineOf([])).toBe("");
});

test("the pointer is always at a day", () => {
  expect([-50, 0, 49, 51, 900].map((x) => nearest(x, 100, 2))).toEqual([0, 0, 0, 1, 1]);
  expect(nearest(10, 0, 5)).toBe(0);
});

test("labels are even and include both ends", () => {
  expect(labelled(28, 5)).toEqual([0, 7, 14, 20, 27]);
  expect(labelled(3, 5)).toEqual([0, 1, 2]);
  expect(labelled(1, 5)).toEqual([0]);
  expect(labelled(0, 5)).toEqual([]);
});

test("the CSV file has a row for each day", () => {
  const days = [{ day: "2026-11-25", streams: 3, previous_streams: 0 }];

  expect(csvOf(days)).toBe("day,streams,previous_streams\r\n2026-11-25,3,0\r\n");
});
