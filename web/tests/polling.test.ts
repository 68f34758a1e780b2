import { expect, test } from "vitest";
import { noAnswer, Problem } from "../src/api/problems";
import { askUntil } from "../src/billing/polling";

/** A clock that only sleeping moves. */
function fastClock() {
  let at = 0;
  const pauses: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    at += ms;
    pauses.push(ms);
  };
  return { now: () => at, sleep, pauses };
}

test("it asks ever more slowly until the answer will do", async () => {
  const clock = fastClock();
  const answers = [1, 2, 3, 4, 5, 6];

  const found = await askUntil(
    async () => answers.shift() ?? 0,
    (answer) => answer === 6,
    { clock },
  );

  expect(found).toBe(6);
  expect(clock.pauses).toEqual([1_000, 1_500, 2_250, 3_375, 5_000]);
});

test("after a minute it gives up", async () => {
  const clock = fastClock();

  expect(
    await askUntil(
      async () => "no",
      (answer) => answer === "yes",
      { clock },
    ),
  ).toBeNull();
  expect(clock.now()).toBeGreaterThan(50_000);
  expect(clock.now()).toBeLessThanOrEqual(60_000);
});

test("a failure that passes is no answer, any other ends it", async () => {
  const clock = fastClock();
  let round = 0;
  const ask = async (): Promise<string> => {
    round += 1;
    if (round === 1) throw noAnswer();
    return "yes";
  };

  expect(await askUntil(ask, (answer) => answer === "yes", { clock })).toBe("yes");
  const refused = async (): Promise<string> => {
    throw new Problem(403, "FORBIDDEN", "No.");
  };
  await expect(askUntil(refused, () => true, { clock })).rejects.toThrow("No.");
});

test("who leaves the page waits no more", async () => {
  let asked = 0;
  const ask = async (): Promise<number> => (asked += 1);

  expect(await askUntil(ask, () => false, { isOver: () => asked === 2, clock: fastClock() })).toBeNull();
  expect(asked).toBe(2);
});
