/** The token of an invitation's link: taken out of the address at once, and kept until the invitation is over. */
import type { Problem } from "../api/problems";

const KEY = "backbeat.invitation";
// The page has anchors too, such as the one that skips to the content.
const TOKEN = /^[\w-]{20,100}$/;

type Place = Pick<Location, "hash" | "pathname">;
type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The token after the # of the address, else the one that this tab came with before it went to sign in. */
export function takeToken(place: Place, kept: Kept | null, clean: (path: string) => void): string | null {
  const token = place.hash.slice(1);
  if (!TOKEN.test(token)) return kept?.getItem(KEY) ?? null;
  try {
    kept?.setItem(KEY, token);
  } catch {
    // A browser that keeps nothing has it until the page is left.
  }
  clean(place.pathname);
  return token;
}

/** The next link may have been opened while this one was being answered: that one stays. */
export function forgetToken(kept: Kept | null, token: string): void {
  if (kept?.getItem(KEY) === token) kept.removeItem(KEY);
}

/** This tab holds an invitation that waits for its answer. */
export function isInvited(kept: Kept | null): boolean {
  return Boolean(kept?.getItem(KEY));
}

/** Nothing will open this link again, whoever tries. */
export function isOver(problem: Problem | null): problem is Problem {
  return problem !== null && (problem.isMissing || problem.code === "INVITATION_OVER");
}

export function tabStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
