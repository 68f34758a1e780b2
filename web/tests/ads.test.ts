/** The player with breaks: only the browser's own parts and the server are stood in for. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { auth as Auth } from "../src/auth/auth.svelte";
import type { player as Player } from "../src/player/player.svelte";
import { MemoryStore } from "../src/lib/storage";
import { ALBUM, track } from "./things";

const AD = {
  impression: "impression-1",
  kind: "audio",
  link: "https://media.example/ad/main.m3u8",
  expires_at: "2026-11-25T20:00:00Z",
  duration_ms: 15_000,
  gain_db: 0,
  advertiser: "Corner Coffee",
  title: "A cup on us",
  banner: null,
  click: null,
};
const NEXT = { tracks: 1, listened_ms: 900_000 };
const FREE = { tier: "free", ad_free: false };

class Media extends EventTarget {
  currentTime = 0;
  duration = 60;
  readyState = 4;
  seeking = false;
  ended = false;
  muted = false;
  volume = 1;
  onerror: (() => void) | null = null;
  src = "";
  canPlayType = (): string => "maybe";
  play = async (): Promise<void> => undefined;
  pause = (): void => undefined;
  hasAttribute = (): boolean => this.src !== "";
  removeAttribute = (): void => void (this.src = "");
  load = (): void => undefined;

  say(name: string): void {
    this.dispatchEvent(new Event(name));
  }
}

let asked: { path: string; body: Record<string, unknown> }[];
let breaks: (() => unknown)[];
let store: MemoryStore;
let media: Media;
let auth: typeof Auth;
let player: typeof Player;

const bodies = (path: string) => asked.filter((one) => one.path === path).map(({ body }) => body);
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(20);

async function respond(path: string, init: RequestInit = {}): Promise<Response> {
  const body = JSON.parse(String(init.body ?? "{}")) as Record<string, unknown>;
  asked.push({ path, body });
  if (path.endsWith("/play-tickets"))
    return said({ items: (body["items"] as { track: string }[]).map(ticket) });
  if (path.endsWith("/ad-breaks"))
    return said(await (breaks.shift() ?? (() => ({ ad: null, next_break: NEXT })))());
  if (path.endsWith("/plays"))
    return said({ plays: (body["plays"] as object[]).map(() => ({ status: "accepted" })) });
  return said({ counted: true });
}

function said(body: unknown): Response {
  return new Response(JSON.stringify(body));
}

function ticket({ track }: { track: string }): object {
  const link = `https://media.example/${track}/main.m3u8`;
  return { track, is_playable: true, play_id: `${track}${asked.length}`, ticket: "opaque", link, gain_db: 0 };
}

/** What plays sounds for a while, and ends by itself. */
async function hearToTheEnd(seconds = 60): Promise<void> {
  media.currentTime = 0;
  media.say("playing");
  for (let second = 1; second <= seconds; second += 1) {
    await vi.advanceTimersByTimeAsync(1_000);
    media.currentTime = second;
    media.say("timeupdate");
  }
  media.say("ended");
  await settle();
}

beforeEach(async () => {
  vi.useFakeTimers();
  asked = [];
  breaks = [];
  store = new MemoryStore();
  vi.stubGlobal("self", globalThis);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("HTMLMediaElement", { HAVE_CURRENT_DATA: 2 });
  vi.stubGlobal("navigator", { userAgent: "Safari/26 macOS" });
  vi.stubGlobal("localStorage", store);
  vi.stubGlobal("fetch", respond);
  vi.resetModules();
  ({ auth } = await import("../src/auth/auth.svelte"));
  ({ player } = await import("../src/player/player.svelte"));
  await import("hls.js/light");
  auth.token = () => "token";
  auth.fresh = async () => undefined;
  auth.user = { uid: "bob", email: "", display_name: "", market: "DE", entitlements: FREE as never };
  store.setItem("backbeat.breaks.bob", JSON.stringify({ since: { tracks: 0, listened_ms: 0 }, next: NEXT }));
  media = new Media();
  player.use("audio", media as unknown as HTMLMediaElement);
  player.play(
    ["one", "two", "three"].map((title) => track(title)),
    0,
    ALBUM,
  );
  await settle();
});

afterEach(async () => {
  await player.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("between two tracks an ad is heard, counted apart from plays, and the music goes on", async () => {
  breaks = [() => ({ ad: AD, next_break: NEXT })];

  await hearToTheEnd();
  expect(player.ad?.advertiser).toBe("Corner Coffee");
  expect(media.src).toBe(AD.link);
  expect(player.duration).toBe(15);
  await hearToTheEnd(15);

  expect(player.ad).toBeNull();
  expect(player.current?.track.title).toBe("two");
  expect(media.src).toContain("/two/");
  expect(bodies("/api/v1/ad-breaks")).toEqual([{ tracks: 1, listened_ms: 60_000, track: "two" }]);
  expect(bodies("/api/v1/ad-impressions")).toEqual([{ impression: "impression-1", listened_ms: 15_000 }]);
  expect(bodies("/api/v1/plays")).toHaveLength(1);
});

test("next track's ticket is there before the ad ends", async () => {
  breaks = [() => ({ ad: AD, next_break: NEXT })];

  await hearToTheEnd();
  const before = bodies("/api/v1/play-tickets").length;
  await hearToTheEnd(15);

  // The one that was asked for then is that of the track after.
  expect(bodies("/api/v1/play-tickets").slice(before)).toEqual([
    { items: [{ track: "three", context: ALBUM }] },
  ]);
});

test("in an ad there is no next, no previous and no other place, but pause and the queue", async () => {
  breaks = [() => ({ ad: AD, next_break: NEXT })];
  await hearToTheEnd();
  media.say("playing");

  player.skip();
  player.back();
  player.seek(10);
  expect(player.elapsed).toBe(0);
  expect(player.current?.track.title).toBe("two");
  player.toggle();
  expect(player.status).toBe("paused");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(player.ad).not.toBeNull();
  player.jump(player.queue.items[2]!);
  expect(player.ad).not.toBeNull();
  await hearToTheEnd(15);

  expect(media.src).toContain("/three/");
});

test.each([
  ["nothing to play", () => ({ ad: null, next_break: NEXT })],
  ["a failure", () => Promise.reject(new TypeError("Failed to fetch"))],
])("with %s the music goes on at once", async (_, answer) => {
  breaks = [answer];

  await hearToTheEnd();

  expect(player.ad).toBeNull();
  expect(media.src).toContain("/two/");
  expect(player.notice).toBeNull();
});

test("a server that takes its time is not waited for", async () => {
  breaks = [() => new Promise(() => undefined)];

  await hearToTheEnd();
  await vi.advanceTimersByTimeAsync(5_100);

  expect(media.src).toContain("/two/");
});

test("an ad that does not sound within five seconds is given up, and so is one whose media fails", async () => {
  breaks = [() => ({ ad: AD, next_break: NEXT }), () => ({ ad: AD, next_break: NEXT })];

  await hearToTheEnd();
  await vi.advanceTimersByTimeAsync(5_100);
  expect(media.src).toContain("/two/");
  await hearToTheEnd();
  expect(media.src).toBe(AD.link);
  media.onerror?.();
  await settle();

  expect(media.src).toContain("/three/");
  expect(bodies("/api/v1/ad-impressions")).toEqual([]);
});

test("next is between tracks too, but a skipped track is not a whole one", async () => {
  player.skip();
  await settle();
  expect(bodies("/api/v1/ad-breaks")).toEqual([]);
  media.say("playing");
  await hearToTheEnd();

  expect(bodies("/api/v1/ad-breaks")).toHaveLength(1);
});

test("next, pressed again while the ad is asked for, is no way around it", async () => {
  let answer: (value: unknown) => void = () => undefined;
  breaks = [() => new Promise((resolve) => (answer = resolve))];
  await hearToTheEnd();

  player.skip();
  answer({ ad: AD, next_break: NEXT });
  await settle();

  expect(player.ad).not.toBeNull();
  expect(player.current?.track.title).toBe("three");
});

test("who hears no ads is asked for none", async () => {
  auth.user = { ...auth.user!, entitlements: { tier: "paid", ad_free: true } as never };

  await hearToTheEnd();

  expect(bodies("/api/v1/ad-breaks")).toEqual([]);
  expect(media.src).toContain("/two/");
});

test("signing out in an ad ends it", async () => {
  breaks = [() => ({ ad: AD, next_break: NEXT })];
  await hearToTheEnd();

  await player.stop();

  expect(player.ad).toBeNull();
  expect(player.status).toBe("idle");
});
