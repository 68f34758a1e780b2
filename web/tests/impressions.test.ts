import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryStore } from "../src/lib/storage";
import { Impressions } from "../src/player/impressions";

const HEARD = { impression: "token.of-an_ad", listened_ms: 15_000 };
let sent: unknown[];
let answers: (Response | "lost")[];
let store: MemoryStore;
let user: string | null;

function impressions(): Impressions {
  return new Impressions(store, () => (user ? { token: "token", userUid: user } : null));
}

const counted = (): Response => new Response(JSON.stringify({ counted: true }));
const refused = (status: number): Response =>
  new Response(JSON.stringify({ code: "X", detail: "X" }), { status });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    sent.push(JSON.parse(String(init.body)));
    const answer = answers.shift();
    if (!answer || answer === "lost") throw new TypeError("Failed to fetch");
    return answer;
  });
  sent = [];
  answers = [];
  store = new MemoryStore();
  user = "bob";
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("an ad that was heard is sent once", async () => {
  answers = [counted()];
  const ads = impressions();

  ads.deliver("bob", HEARD);
  await vi.advanceTimersByTimeAsync(0);
  await ads.flush();

  expect(sent).toEqual([HEARD]);
  expect(store.length).toBe(0);
});

test("having had nothing to send is no reason to send nothing", async () => {
  answers = [counted()];
  const ads = impressions();
  await ads.flush();

  ads.deliver("bob", HEARD);
  await vi.advanceTimersByTimeAsync(0);

  expect(sent).toEqual([HEARD]);
});

test("a lost answer is asked for again, by this page or by the next", async () => {
  answers = ["lost", refused(503), counted()];

  impressions().deliver("bob", HEARD);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(sent).toHaveLength(2);
  await impressions().flush();

  expect(sent).toEqual([HEARD, HEARD, HEARD]);
  expect(store.length).toBe(0);
});

test("what the server will never take is forgotten, an ended session is not its fault", async () => {
  answers = [refused(401), refused(404)];
  const ads = impressions();

  ads.deliver("bob", HEARD);
  await vi.advanceTimersByTimeAsync(0);
  expect(ads.waiting("bob")).toEqual([HEARD]);
  await ads.flush();

  expect(ads.waiting("bob")).toEqual([]);
});

test("it waits for the user who heard it", async () => {
  user = null;
  const ads = impressions();
  ads.deliver("bob", HEARD);
  user = "charlie";
  await ads.flush();

  expect(sent).toEqual([]);
  expect(ads.waiting("bob")).toEqual([HEARD]);
});

test("a page that goes away sends it with a request that outlives it, and keeps it", async () => {
  answers = ["lost"];
  const ads = impressions();

  ads.deliver("bob", HEARD, { leaving: true });
  await vi.advanceTimersByTimeAsync(0);

  expect(sent).toEqual([HEARD]);
  expect(ads.waiting("bob")).toEqual([HEARD]);
});
