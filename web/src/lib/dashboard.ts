/** What the dashboard draws and writes: scales, points and the CSV file. */
import type { DayStreams } from "../api/types";

export interface Point {
  x: number;
  y: number;
}

/** The top of an axis: 1, 2 or 5 times a power of ten, not below the largest value nor below 4. */
export function ceilingOf(largest: number): number {
  if (largest <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = [1, 2, 4, 5, 10].find((factor) => factor * power >= largest) ?? 10;
  return step * power;
}

export function pointsOf(values: readonly number[], top: number, width: number, height: number): Point[] {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values.map((value, place) => ({ x: place * step, y: height - (value / top) * height }));
}

export function lineOf(points: readonly Point[]): string {
  return points.map(({ x, y }, place) => `${place ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

/** The day under the pointer. */
export function nearest(x: number, width: number, count: number): number {
  if (count < 2 || width <= 0) return 0;
  return Math.min(count - 1, Math.max(0, Math.round((x / width) * (count - 1))));
}

/** Which days get a label: the first, the last and some between, evenly. */
export function labelled(count: number, most: number): number[] {
  const steps = Math.min(most, count) - 1;
  if (steps < 1) return count ? [0] : [];
  const places = Array.from({ length: steps + 1 }, (_, step) => Math.round((step * (count - 1)) / steps));
  return [...new Set(places)];
}

export function csvOf(days: readonly DayStreams[]): string {
  const rows = days.map(({ day, streams, previous_streams }) => `${day},${streams},${previous_streams}`);
  return ["day,streams,previous_streams", ...rows, ""].join("\r\n");
}
