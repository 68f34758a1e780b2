/** Who is signed in. The access token lives in memory only; nothing else in the page knows how it is got. */
import { getMine, postOpenly, postWith, useCredentials, type Credentials } from "../api/client";
import type { Account, MyArtist, SignedIn } from "../api/types";

export type Form = "sign-in" | "sign-up";

interface Session {
  token: string;
  /** Milliseconds of Date.now. */
  expiresAt: number;
}

interface Dialog {
  form: Form;
  why: string;
  /** The address is known when a session ended, and only the password is asked for. */
  email: string;
}

const TO_PLAY = "Sign in to play music and video.";
const ENDED = "Your session has ended. Sign in again to go on.";
// A token this close to its end would not survive the way to the server.
const MARGIN_MS = 5_000;

class Auth implements Credentials {
  user = $state<Account | null>(null);
  artists = $state<MyArtist[]>([]);
  dialog = $state<Dialog | null>(null);

  #session: Session | null = null;
  #waiting: ((signedIn: boolean) => void)[] = [];
  #dismissed = false;
  #onSignIn: (() => void)[] = [];

  token(): string | null {
    if (this.#session && Date.now() > this.#session.expiresAt - MARGIN_MS) this.#session = null;
    return this.#session?.token ?? null;
  }

  refused(token: string): void {
    if (this.#session?.token === token) this.#session = null;
  }

  ensure(quiet = false): Promise<boolean> {
    if (this.token()) return Promise.resolve(true);
    if (quiet && (this.#dismissed || !this.user)) return Promise.resolve(false);
    this.dialog ??= { form: "sign-in", why: this.user ? ENDED : TO_PLAY, email: this.user?.email ?? "" };
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  dismiss(): void {
    this.dialog = null;
    this.#dismissed = true;
    this.#answer(false);
  }

  /** Called after each sign-in, the ones after a session's end too. */
  onSignIn(call: () => void): void {
    this.#onSignIn.push(call);
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#begin(await postOpenly("/auth/sign-in", { email, password }));
  }

  async signUp(email: string, password: string, displayName: string): Promise<void> {
    this.#begin(await postOpenly("/auth/sign-up", { email, password, display_name: displayName }));
  }

  async signOut(): Promise<void> {
    const token = this.token();
    this.#session = null;
    this.user = null;
    this.artists = [];
    if (token) await postWith("/auth/sign-out", undefined, token).catch(() => undefined);
  }

  #begin(answer: SignedIn): void {
    this.#session = { token: answer.access_token, expiresAt: Date.parse(answer.expires_at) };
    if (this.user?.uid !== answer.user.uid) this.artists = [];
    this.user = answer.user;
    this.dialog = null;
    this.#dismissed = false;
    this.#answer(true);
    for (const call of this.#onSignIn) call();
    void this.#readArtists();
  }

  #answer(signedIn: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(signedIn);
  }

  async #readArtists(): Promise<void> {
    try {
      const { results } = await getMine("/api/v1/me/artists", { query: { limit: 100 }, quiet: true });
      this.artists = results;
    } catch {
      this.artists = [];
    }
  }
}

export const auth = new Auth();
useCredentials(auth);
