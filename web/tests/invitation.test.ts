import { afterEach, expect, test, vi } from "vitest";
import { post, useCredentials } from "../src/api/client";
import { Problem } from "../src/api/problems";
import { forgetToken, isInvited, isOver, takeToken } from "../src/auth/invitation";
import { MemoryStore } from "../src/lib/storage";

const TOKEN = "a-token_of-the-mail-0123456789";
const OTHER = "another-token_0123456789-abcde";
const at = (hash: string) => ({ hash, pathname: "/invitations" });
const nothing = () => undefined;

afterEach(() => vi.unstubAllGlobals());

test("the token leaves the address and is kept for the way back from signing in", () => {
  const kept = new MemoryStore();
  const clean = vi.fn();

  expect(takeToken(at(`#${TOKEN}`), kept, clean)).toBe(TOKEN);
  expect(clean).toHaveBeenCalledWith("/invitations");
  expect(takeToken(at(""), kept, clean)).toBe(TOKEN);
  expect(isInvited(kept)).toBe(true);
});

test("a second link takes the place of the first", () => {
  const kept = new MemoryStore();
  takeToken(at(`#${TOKEN}`), kept, nothing);

  expect(takeToken(at(`#${OTHER}`), kept, nothing)).toBe(OTHER);
  expect(takeToken(at(""), kept, nothing)).toBe(OTHER);
});

test("an anchor of the page is no token", () => {
  const kept = new MemoryStore();
  const clean = vi.fn();
  expect(takeToken(at("#main"), kept, clean)).toBeNull();

  takeToken(at(`#${TOKEN}`), kept, nothing);

  expect(takeToken(at("#main"), kept, clean)).toBe(TOKEN);
  expect(clean).not.toHaveBeenCalled();
});

test("once it is answered it is forgotten", () => {
  const kept = new MemoryStore();
  takeToken(at(`#${TOKEN}`), kept, nothing);

  forgetToken(kept, TOKEN);

  expect(takeToken(at(""), kept, nothing)).toBeNull();
  expect(isInvited(kept)).toBe(false);
});

test("the answer to one link does not forget the next", () => {
  const kept = new MemoryStore();
  takeToken(at(`#${TOKEN}`), kept, nothing);
  takeToken(at(`#${OTHER}`), kept, nothing);

  forgetToken(kept, TOKEN);

  expect(takeToken(at(""), kept, nothing)).toBe(OTHER);
});

test("without a place to keep it, it is there until the page is left", () => {
  expect(takeToken(at(`#${TOKEN}`), null, nothing)).toBe(TOKEN);
  expect(takeToken(at(""), null, nothing)).toBeNull();
  expect(isInvited(null)).toBe(false);
});

test("over is what no try opens again", () => {
  expect(isOver(new Problem(409, "INVITATION_OVER", "It has expired."))).toBe(true);
  expect(isOver(new Problem(404, "NOT_FOUND", "There is none."))).toBe(true);
  expect(isOver(new Problem(403, "INVITATION_OF_ANOTHER", "Not yours."))).toBe(false);
  expect(isOver(new Problem(0, "NO_ANSWER", "Offline."))).toBe(false);
  expect(isOver(null)).toBe(false);
});

test.each([
  ["the token of who is signed in goes along", [200], ["Bearer mine"]],
  [
    "a token that is refused does not stand between the link and its reader",
    [401, 200],
    ["Bearer mine", null],
  ],
])("%s", async (_, statuses, expected) => {
  const sent: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_address: string, init: RequestInit) => {
    sent.push(new Headers(init.headers).get("Authorization"));
    return new Response(JSON.stringify({ is_mine: true }), { status: statuses[sent.length - 1] ?? 500 });
  });
  useCredentials({
    token: () => "mine",
    fresh: async () => undefined,
    refused: nothing,
    ensure: async () => false,
  });

  await expect(post("/api/v1/invitations/show", { token: TOKEN })).resolves.toEqual({ is_mine: true });

  expect(sent).toEqual(expected);
});
