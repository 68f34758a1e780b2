import { describe, expect, it } from "vitest";
import type { ChartRow } from "../src/api/types";
import { countryName, movementOf, periodBeside } from "../src/lib/charts";
import { routeOf, to } from "../src/lib/routes";

function row(rank: number, previous: number | null, isNew = false): ChartRow {
  return { rank, previous, is_new: isNew, is_reentry: previous === null && !isNew } as ChartRow;
}

describe("a row's movement", () => {
  it("is up, down or none, by places", () => {
    expect(movementOf(row(2, 5))).toEqual({ sign: "up", text: "3", spoken: "Up 3 places" });
    expect(movementOf(row(3, 2))).toEqual({ sign: "down", text: "1", spoken: "Down 1 place" });
    expect(movementOf(row(1, 1)).spoken).toBe("Unchanged");
  });

  it("is new once, and back later", () => {
    expect(movementOf(row(4, null, true)).text).toBe("New");
    expect(movementOf(row(4, null)).spoken).toBe("Back on the chart");
  });
});

describe("periods", () => {
  it("lie beside each other over months and years", () => {
    expect(periodBeside("2026-03-01", 1, -1)).toBe("2026-02-28");
    expect(periodBeside("2026-12-27", 7, 1)).toBe("2027-01-03");
  });
});

it("names countries", () => expect(countryName("DE")).toBe("Germany"));

it("keeps what was chosen in the address", () => {
  const address = to.charts({ chart: "tracks-daily", country: "DE", period: "" });
  expect(address).toBe("/charts?chart=tracks-daily&country=DE");
  expect(routeOf("/charts", address.slice(7))).toEqual({
    name: "charts",
    chart: "tracks-daily",
    country: "DE",
    period: null,
  });
  expect(to.charts()).toBe("/charts");
});
