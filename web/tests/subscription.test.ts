import { expect, test } from "vitest";
import type { SubscriptionState } from "../src/api/types";
import { actionsOf, alsoPaidWords, cancelWords, isThere, troubleOf, wordsOf } from "../src/billing/words";
import { subscription } from "./things";

const CHRISTMAS = "2026-12-25T12:00:00Z";
const [renews_at, ends_at] = [CHRISTMAS, CHRISTMAS];

test.each([
  [{ state: "none" }, "You are on Free", "with ads"],
  [{ state: "granted", ends_at }, "You are on Premium", "until 25 Dec 2026, and there is nothing to pay"],
  [{ state: "granted" }, "You are on Premium", "with no end"],
  [{ state: "trialing", renews_at }, "You are on Premium", "free trial runs until 25 Dec 2026"],
  [{ state: "active", renews_at }, "You are on Premium", "Renews on 25 Dec 2026."],
  [{ state: "active" }, "You are on Premium", "renews by itself"],
  [{ state: "ending", ends_at }, "You are on Premium", "Ends on 25 Dec 2026. You keep Premium until then"],
  [{ state: "past_due", ends_at }, "You are on Premium", "until 25 Dec 2026"],
  [{ state: "past_due" }, "You are on Free", "as soon as the payment is made"],
  [{ state: "paused" }, "Your subscription is paused", "on Free"],
  [{ state: "incomplete" }, "The first payment is not made", "Nothing was charged"],
  [{ state: "ended", ends_at }, "Premium ended on 25 Dec 2026", "stays as it is"],
  [{ state: "ended" }, "Premium has ended", "stays as it is"],
  [{ state: "revoked" }, "Premium was taken back", "refunded or disputed"],
] as const)("%o is said in plain words", (given, title, part) => {
  const words = wordsOf(subscription(given));

  expect(words.title).toBe(title);
  expect(words.text).toContain(part);
});

test("a payment problem says what to do, wherever it is paid", () => {
  const late = { state: "past_due", payment_problem: true } as const;

  expect(troubleOf(subscription({ ...late, provider: "stripe" }))?.text).toContain("Payment and invoices");
  expect(troubleOf(subscription({ ...late, provider: "apple" }))?.text).toContain("Apple");
  expect(troubleOf(subscription({ ...late, provider: "google" }))?.text).toContain("Google Play");
  expect(troubleOf(subscription({ state: "active", payment_problem: true }))?.title).toBe(
    "Your renewal is late",
  );
  expect(troubleOf(subscription({ state: "active" }))).toBeNull();
});

test("who pays twice is told where else", () => {
  expect(alsoPaidWords(subscription({ also_paid_through: ["apple", "google"] }))).toContain(
    "Apple and Google Play",
  );
  expect(alsoPaidWords(subscription({}))).toBeNull();
});

test("before it is cancelled it is said until when it lasts", () => {
  expect(cancelWords(subscription({ state: "active", renews_at }))).toContain("until 25 Dec 2026");
  expect(cancelWords(subscription({ state: "trialing", renews_at }))).toContain("nothing is ever charged");
  expect(cancelWords(subscription({ state: "past_due", ends_at }))).toContain("to the end of the paid time");
});

test.each([
  ["none", null, "buy"],
  ["granted", null, ""],
  ["trialing", "stripe", "change cancel portal"],
  ["active", "stripe", "change cancel portal"],
  ["ending", "stripe", "resume portal"],
  ["past_due", "stripe", "portal"],
  ["paused", "stripe", "portal"],
  ["incomplete", "stripe", "buy portal"],
  ["ended", "stripe", "buy portal"],
  ["revoked", "stripe", "buy portal"],
  ["active", "apple", ""],
  ["past_due", "google", ""],
  ["ended", "apple", "buy"],
] as const)("%s through %s can do: %s", (state, provider, expected) => {
  const actions = Object.entries(actionsOf(subscription({ state, provider })));

  expect(actions.flatMap(([name, can]) => (can ? [name] : [])).join(" ")).toBe(expected);
});

test("in the days of grace it can still be cancelled", () => {
  expect(actionsOf(subscription({ state: "past_due", provider: "stripe", ends_at })).cancel).toBe(true);
});

test("who also pays us besides a store can stop that", () => {
  const twice = subscription({ state: "active", provider: "apple", also_paid_through: ["stripe"] });

  expect(actionsOf(twice)).toMatchObject({ portal: true, cancel: false });
  expect(alsoPaidWords(twice)).toContain("Payment and invoices");
});

test("a payment has arrived when the subscription runs", () => {
  const running = (
    ["none", "incomplete", "past_due", "ending", "active", "trialing"] as SubscriptionState[]
  ).filter((state) => isThere(subscription({ state })));

  expect(running).toEqual(["active", "trialing"]);
});
