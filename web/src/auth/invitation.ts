/** The token of an invitation's link: taken out of the address at once, and kept until it is answered. */
const KEY = "backbeat.invitation";

type Place = Pick<Location, "hash" | "pathname">;
type Kept = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The token after the # of the address, else the one that this tab came with before it went to sign in. */
export function takeToken(place: Place, kept: Kept | null, clean: (path: string) => void): string | null {
  const token = place.hash.slice(1);
  if (!token) return kept?.getItem(KEY) ?? null;
  try {
    kept?.setItem(KEY, token);
  } catch {
    // A browser that keeps nothing has it until the page is left.
  }
  clean(place.pathname);
  return token;
}

export function forgetToken(kept: Kept | null): void {
  kept?.removeItem(KEY);
}

export function tabStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
