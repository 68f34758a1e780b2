import { expect, test, vi } from "vitest";
import { forgetToken, takeToken } from "../src/auth/invitation";
import { MemoryStore } from "../src/lib/storage";

const at = (hash: string) => ({ hash, pathname: "/invitations" });

test("the token leaves the address and is kept for the way back from signing in", () => {
  const kept = new MemoryStore();
  const clean = vi.fn();

  expect(takeToken(at("#abc_-1"), kept, clean)).toBe("abc_-1");
  expect(clean).toHaveBeenCalledWith("/invitations");
  expect(takeToken(at(""), kept, clean)).toBe("abc_-1");
});

test("once it is answered it is forgotten", () => {
  const kept = new MemoryStore();
  takeToken(at("#abc"), kept, () => undefined);

  forgetToken(kept);

  expect(takeToken(at(""), kept, () => undefined)).toBeNull();
});

test("without a place to keep it, it is there until the page is left", () => {
  expect(takeToken(at("#abc"), null, () => undefined)).toBe("abc");
  expect(takeToken(at(""), null, () => undefined)).toBeNull();
});
