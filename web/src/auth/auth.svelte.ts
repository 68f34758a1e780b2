/** Who is signed in. The access token lives in memory only, the refresh token in a cookie that no script reads. */
import { getMine, postWith, SignInDismissed, useCredentials, type Credentials } from "../api/client";
import { Problem } from "../api/problems";
import type { Account, MyArtist } from "../api/types";
import { keep, store } from "../lib/storage";
import { callFlow, pendingOf, problemOf, type FlowAnswer } from "./flows";
import { createPasskey, usePasskey, type CreationOptions, type RequestOptions } from "./passkeys";
import { Refresher, type Tokens } from "./refresher";

export type Form = "sign-in" | "sign-up";
/** What a flow still asks for. */
export type Step = "verify_email" | "mfa_authenticate" | "password_reset_by_code";

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
const UNKNOWN_PASSKEY = "This passkey is not known here. Sign in with your password.";
const REUSED =
  "For your safety this session was ended: an old sign-in of it was used elsewhere. Sign in again.";
// A token this close to its end is replaced before it is used.
const MARGIN_MS = 60_000;
// Says that somebody was signed in here, so that visitors cause no request; nothing more.
const FLAG = "signed-in";
const STEPS: readonly string[] = ["verify_email", "mfa_authenticate", "password_reset_by_code"];

class Auth implements Credentials {
  user = $state<Account | null>(null);
  artists = $state<MyArtist[]>([]);
  dialog = $state<Dialog | null>(null);
  step = $state<Step | null>(null);
  /** The address that the step is about. */
  email = $state("");
  /** Somebody must prove again who they are: a dialog asks. */
  isProving = $state(false);

  #session: Session | null = null;
  #flow: string | null = null;
  #refresher = new Refresher();
  #starting: Promise<unknown> = Promise.resolve();
  #waiting: ((signedIn: boolean) => void)[] = [];
  #proved: ((proved: boolean) => void) | null = null;
  #dismissed = false;
  #onSignIn: (() => void)[] = [];

  /** Signs in again who was signed in when the page was last open. */
  start(): void {
    this.#flow = new URLSearchParams(location.hash.slice(1)).get("flow");
    if (this.#flow) {
      history.replaceState(history.state, "", location.pathname);
      this.#starting = this.#resume();
    } else if (store.getItem(FLAG) || new URLSearchParams(location.search).has("signed-in")) {
      this.#starting = this.#refresh();
    }
  }

  /** A sign-in with Apple or Google that still asks for something. */
  async #resume(): Promise<void> {
    const answer = await this.#call("GET", "auth/session").catch(() => null);
    if (answer) this.#take(answer, "");
  }

  token(): string | null {
    if (this.#session && Date.now() > this.#session.expiresAt - 5_000) this.#session = null;
    return this.#session?.token ?? null;
  }

  refused(token: string): void {
    if (this.#session?.token === token) this.#session = null;
  }

  /** Before each request: a token that ends soon is replaced. */
  async fresh(): Promise<void> {
    await this.#starting;
    if (this.user && (!this.#session || Date.now() > this.#session.expiresAt - MARGIN_MS))
      await this.#refresh();
  }

  async ensure(quiet = false): Promise<boolean> {
    await this.fresh();
    if (this.token()) return true;
    if (quiet && (this.#dismissed || !this.user)) return false;
    this.dialog ??= { form: "sign-in", why: this.user ? ENDED : TO_PLAY, email: this.user?.email ?? "" };
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  dismiss(): void {
    this.dialog = null;
    this.step = null;
    this.#dismissed = true;
    this.#answer(false);
  }

  /** Called after each sign-in, the ones after a session's end too. */
  onSignIn(call: () => void): void {
    this.#onSignIn.push(call);
  }

  signIn(email: string, password: string): Promise<void> {
    return this.#begin("auth/login", { email, password }, email);
  }

  signUp(email: string, password: string, displayName: string): Promise<void> {
    return this.#begin("auth/signup", { email, password, display_name: displayName }, email);
  }

  async signInWithPasskey(): Promise<void> {
    this.#flow = null;
    const asked = await this.#call<{ request_options: RequestOptions }>("GET", "auth/webauthn/login");
    if (!asked.data) throw problemOf(asked);
    const credential = await usePasskey(asked.data.request_options);
    if (!credential) return;
    const answer = await this.#call("POST", "auth/webauthn/login", { credential });
    if (answer.status === 400) throw new Problem(400, "PASSKEY", UNKNOWN_PASSKEY);
    this.#take(answer, "");
  }

  forgot(email: string): Promise<void> {
    return this.#begin("auth/password/request", { email }, email);
  }

  async enterCode(code: string): Promise<void> {
    const isMail = this.step === "verify_email";
    const path = isMail ? "auth/email/verify" : "auth/2fa/authenticate";
    this.#take(await this.#call("POST", path, isMail ? { key: code } : { code }), this.email);
  }

  async resend(): Promise<void> {
    const answer = await this.#call("POST", "auth/email/verify/resend", {});
    if (answer.status !== 200) throw problemOf(answer);
  }

  /** Ends with the sign-in form: the new password is used at once. */
  async reset(code: string, password: string): Promise<void> {
    const answer = await this.#call("POST", "auth/password/reset", { key: code, password });
    if (answer.status !== 401) throw problemOf(answer);
    await this.signIn(this.email, password);
  }

  startAgain(): void {
    this.step = null;
    this.#flow = null;
  }

  async signOut(): Promise<void> {
    const token = this.token();
    this.#forget();
    if (token) await postWith("/auth/sign-out", undefined, token).catch(() => undefined);
  }

  /** A step of somebody signed in; where a fresh proof is asked for, the dialog comes and the step is done again. */
  async account<Data>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<FlowAnswer<Data>> {
    for (;;) {
      await this.fresh();
      const answer = await this.#call<Data>(method, path, body);
      if (answer.status === 410) throw this.#end(ENDED);
      if (answer.status !== 401) return answer;
      if (!(await this.prove())) throw new SignInDismissed();
    }
  }

  prove(): Promise<boolean> {
    this.isProving = true;
    return new Promise((resolve) => (this.#proved = resolve));
  }

  async giveProof(password: string): Promise<void> {
    const answer = await this.#call("POST", "auth/reauthenticate", { password });
    if (answer.status !== 200) throw problemOf(answer);
    this.endProof(true);
  }

  async giveProofByPasskey(): Promise<void> {
    const asked = await this.#call<{ request_options: RequestOptions }>(
      "GET",
      "auth/webauthn/reauthenticate",
    );
    if (!asked.data) throw problemOf(asked);
    const credential = await usePasskey(asked.data.request_options);
    if (!credential) return;
    const answer = await this.#call("POST", "auth/webauthn/reauthenticate", { credential });
    if (answer.status !== 200) throw problemOf(answer);
    this.endProof(true);
  }

  endProof(proved: boolean): void {
    this.isProving = false;
    this.#proved?.(proved);
    this.#proved = null;
  }

  async addPasskey(name: string): Promise<boolean> {
    const path = "account/authenticators/webauthn";
    const asked = await this.account<{ creation_options: CreationOptions }>("GET", `${path}?passwordless`);
    if (!asked.data) throw problemOf(asked);
    const credential = await createPasskey(asked.data.creation_options);
    if (!credential) return false;
    const answer = await this.account("POST", path, { name, credential });
    if (answer.status !== 200) throw problemOf(answer);
    return true;
  }

  async #begin(path: string, body: unknown, email: string): Promise<void> {
    this.#flow = null;
    this.#take(await this.#call("POST", path, body), email);
  }

  async #call<Data>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<FlowAnswer<Data>> {
    const token = this.token();
    const headers: Record<string, string> = token
      ? { Authorization: `Bearer ${token}` }
      : this.#flow
        ? { "X-Session-Token": this.#flow }
        : {};
    const answer = await callFlow<Data>(method, path, body, headers);
    // Named by the first answer, and by any later one that changes it.
    this.#flow = answer.meta?.session_token ?? this.#flow;
    return answer;
  }

  #take(answer: FlowAnswer, email: string): void {
    const step = pendingOf(answer);
    if (answer.meta?.access_token && answer.meta.expires_at && answer.data?.user) {
      this.user = answer.data.user;
      this.#signedIn({ access_token: answer.meta.access_token, expires_at: answer.meta.expires_at });
    } else if (answer.status === 401 && step && STEPS.includes(step)) {
      this.step = step as Step;
      this.email = email;
    } else {
      throw problemOf(answer);
    }
  }

  #signedIn(tokens: Tokens): void {
    this.#hold(tokens);
    this.#flow = null;
    this.step = null;
    this.dialog = null;
    this.#dismissed = false;
    this.artists = [];
    this.#answer(true);
    for (const call of this.#onSignIn) call();
    void this.#readArtists();
  }

  #hold(tokens: Tokens): void {
    this.#session = { token: tokens.access_token, expiresAt: Date.parse(tokens.expires_at) };
    keep(FLAG, "1");
  }

  async #refresh(): Promise<void> {
    const answer = await this.#refresher.refresh();
    if ("tokens" in answer) {
      this.#hold(answer.tokens);
      if (!this.user) await this.#readUser();
    } else if ("ended" in answer) {
      this.#end(answer.ended.code === "REFRESH_REUSED" ? REUSED : ENDED);
    }
  }

  /** After a reload: whose session it is. */
  async #readUser(): Promise<void> {
    this.#starting = Promise.resolve();
    try {
      this.user = await getMine("/api/v1/me", { quiet: true });
      for (const call of this.#onSignIn) call();
      void this.#readArtists();
    } catch {
      this.#session = null;
    }
  }

  #end(why: string): SignInDismissed {
    const was = this.user;
    this.#forget();
    if (was) this.dialog = { form: "sign-in", why, email: was.email };
    return new SignInDismissed();
  }

  #forget(): void {
    this.#session = null;
    this.user = null;
    this.artists = [];
    store.removeItem(FLAG);
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
