/** What somebody can sign in with besides the password: one list, which several parts of the account page show. */
import { auth } from "../auth/auth.svelte";
import { problemOf } from "../auth/flows";

export interface Authenticator {
  type: "totp" | "webauthn" | "recovery_codes";
  /** Seconds of Unix time. */
  created_at: number;
  /** Of passkeys. */
  id?: number;
  name?: string;
  /** Of recovery codes. */
  unused_code_count?: number;
}

class Authenticators {
  /** null until it was read. */
  list = $state.raw<Authenticator[] | null>(null);
  passkeys = $derived(this.list?.filter(({ type }) => type === "webauthn") ?? []);
  hasApp = $derived(this.list?.some(({ type }) => type === "totp") ?? false);
  codes = $derived(this.list?.find(({ type }) => type === "recovery_codes") ?? null);

  async read(): Promise<void> {
    const answer = await auth.account<Authenticator[]>("GET", "account/authenticators");
    if (answer.status !== 200) throw problemOf(answer);
    this.list = answer.data ?? [];
  }
}

export const authenticators = new Authenticators();
