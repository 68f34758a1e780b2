/** Signing in with Apple or Google leaves the page; who was about to do something comes back to where that was. */
import { SignInDismissed } from "../api/client";
import { auth, type Form } from "./auth.svelte";

const KEY = "backbeat.come-back";

/** Asks to sign in where that is needed, and says what for; `form` is shown first. Throws SignInDismissed. */
export async function signedIn(why: string, form: Form = "sign-in"): Promise<void> {
  remember(location.pathname);
  const worked = await auth.ensure(false, why, form);
  forget();
  if (!worked) throw new SignInDismissed();
}

/** The page to go back to, once; `search` is that of the address the browser came back to. */
export function takeReturn(search: string): string | null {
  const path = read();
  forget();
  return new URLSearchParams(search).has("signed-in") ? path : null;
}

// A browser that keeps nothing leads to the first page instead.
function remember(path: string): void {
  try {
    sessionStorage.setItem(KEY, path);
  } catch {
    // See above.
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // See above.
  }
}
