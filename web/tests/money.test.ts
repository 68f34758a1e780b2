import { expect, test } from "vitest";
import { byTheMonth, money, plansOf, savingOf } from "../src/billing/money";
import { offering } from "./things";

const usd = (amount: number) => ({ amount, currency: "USD" });

test.each([
  [999, "USD", "$9.99"],
  [1000, "EUR", "€10.00"],
  [980, "JPY", "¥980"],
  [1500, "KWD", "KWD\u00a01.500"],
])("%i of %s is %s", (amount, currency, text) => {
  expect(money({ amount, currency })).toBe(text);
});

test("a year by the month is never less than what is paid", () => {
  expect(byTheMonth(usd(9_990))).toEqual(usd(833));
  expect(byTheMonth(usd(9_600))).toEqual(usd(800));
});

test("a year is cheaper by whole percents, where both have a price in one currency", () => {
  const month = offering("month", usd(999));

  expect(savingOf({ month, year: offering("year", usd(9_990)) })).toBe(16);
  expect(savingOf({ month, year: offering("year", usd(13_000)) })).toBe(0);
  expect(savingOf({ month, year: offering("year", { amount: 1, currency: "EUR" }) })).toBe(0);
  expect(savingOf({ month, year: offering("year", null) })).toBe(0);
  expect(savingOf({ month })).toBe(0);
});

test("the first offering of a period is its plan", () => {
  const [first, second, year] = [usd(999), usd(1_299), usd(9_990)];
  const offerings = [offering("month", first), offering("year", year), offering("month", second)];

  expect(plansOf(offerings).month?.price).toEqual(first);
  expect(plansOf(offerings).year?.price).toEqual(year);
  expect(plansOf([])).toEqual({});
});
