/** What whoever is signed in may do now, as the server last said it. */
import { getMine } from "../api/client";
import { auth, FLAG } from "../auth/auth.svelte";
import { store } from "../lib/storage";

// A subscription may have been bought on the phone while this page was out of sight.
const OLD_MS = 300_000;

class Rights {
  isPaid = $derived(auth.user?.entitlements?.tier === "paid");
  /** False also while it is not known: nobody who pays hears an ad. */
  hearsAds = $derived(auth.user?.entitlements?.ad_free === false);
  #readAt = 0;

  start(): void {
    // After a reload they came with the user; a sign-in's answer does not hold them.
    auth.onSignIn(() => {
      this.#readAt = performance.now();
      if (!auth.user?.entitlements) void this.refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && auth.user && performance.now() - this.#readAt > OLD_MS) void this.refresh();
    });
    // Premium may end while the page plays on for days.
    setInterval(() => this.#hasEnded && void this.refresh(), OLD_MS);
  }

  get #hasEnded(): boolean {
    const ends_at = auth.user?.entitlements?.ends_at;
    return ends_at ? Date.parse(ends_at) < Date.now() : false;
  }

  /** Quiet: without an answer what was known stays. */
  async refresh(): Promise<void> {
    this.#readAt = performance.now();
    try {
      const me = await getMine("/api/v1/me", { quiet: true });
      if (auth.user?.uid === me.uid) auth.user = { ...auth.user, entitlements: me.entitlements };
    } catch {
      // The next look will tell.
    }
  }

  /** Who has it, and who may have it by the page's memory, is not shown the way to it. */
  get isInvited(): boolean {
    if (auth.user) return auth.user.entitlements?.tier === "free";
    return store.getItem(FLAG) === null;
  }
}

export const rights = new Rights();
