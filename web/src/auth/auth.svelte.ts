/** Who is signed in. The access token lives in memory only, the refresh token in a cookie that no script reads. */
import { getMine, postWith, SignInDismissed, useCredentials, type Credentials } from "../api/client";
import { noAnswer, Problem } from "../api/problems";
import type { Account, MyArtist } from "../api/types";
import { keep, store } from "../lib/storage";
import { callFlow, pendingOf, problemOf, proofsOf, type FlowAnswer, type Proof } from "./flows";
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
const NO_PROOF =
  "This step needs a proof that it is you, and your account has no password yet. Sign out and choose “Forgot your password?” to set one.";
// A token this close to its end is replaced before it is used.
const MARGIN_MS = 60_000;
// Says that somebody was signed in here, so that visitors cause no request; nothing more.
export const FLAG = "signed-in";
// The server has not heard of a sign-out yet: the next start tells it, and signs nobody in.
const LEAVING = "leaving";
const STEPS: readonly string[] = ["verify_email", "mfa_authenticate", "password_reset_by_code"];

class Auth implements Credentials {
  user = $state<Account | null>(null);
  artists = $state<MyArtist[]>([]);
  dialog = $state<Dialog | null>(null);
  step = $state<Step | null>(null);
  /** The address that the step is about. */
  email = $state("");
  /** What the second step of a sign-in takes. */
  factors = $state.raw<Proof[]>([]);
  /** Somebody must prove again who they are: a dialog asks for one of these. */
  proofs = $state.raw<Proof[]>([]);

  #session: Session | null = null;
  #flow: string | null = null;
  #refresher = new Refresher();
  #starting: Promise<unknown> = Promise.resolve();
  /** The last refresh had no answer: who was signed in still is, and it is tried again. */
  #isCutOff = false;
  #waiting: ((signedIn: boolean) => void)[] = [];
  #proving: Promise<boolean> | null = null;
  #proved: ((proved: boolean) => void) | null = null;
  #dismissed = false;
  #onSignIn: (() => void)[] = [];

  /** Signs in again who was signed in when the page was last open. */
  start(): void {
    this.#flow = new URLSearchParams(location.hash.slice(1)).get("flow");
    const isBack = new URLSearchParams(location.search).has("signed-in");
    if (this.#flow || isBack) history.replaceState(history.state, "", location.pathname);
    // Back from Apple or Google, the cookie is of a new session, whatever was before.
    if (isBack) this.#starting = this.#refresh();
    else if (store.getItem(FLAG) === LEAVING) this.#starting = this.#leave().then(() => this.#resume());
    else if (this.#flow) this.#starting = this.#resume();
    else if (store.getItem(FLAG)) this.#starting = this.#refresh();
  }

  /** A sign-in with Apple or Google that still asks for something. */
  async #resume(): Promise<void> {
    if (!this.#flow) return;
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
    // With a token there is nothing to wait for; the start itself reads the user with one.
    if (!this.#session) await this.#starting;
    const isNeeded = !this.#session || Date.now() > this.#session.expiresAt - MARGIN_MS;
    if ((this.user || this.#isCutOff) && isNeeded) await this.#refresh();
  }

  async ensure(quiet = false, why = TO_PLAY, form: Form = "sign-in"): Promise<boolean> {
    await this.fresh();
    if (this.token()) return true;
    if (this.#isCutOff) throw noAnswer();
    if (quiet && (this.#dismissed || !this.user)) return false;
    this.dialog ??= this.user
      ? { form: "sign-in", why: ENDED, email: this.user.email }
      : { form, why, email: "" };
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
    await this.#startAnew();
    const answer = await this.#withPasskey("auth/webauthn/login");
    if (answer?.status === 400) throw new Problem(400, "PASSKEY", UNKNOWN_PASSKEY);
    if (answer) this.#take(answer, "");
  }

  forgot(email: string): Promise<void> {
    return this.#begin("auth/password/request", { email }, email);
  }

  async enterCode(code: string): Promise<void> {
    const isMail = this.step === "verify_email";
    const path = isMail ? "auth/email/verify" : "auth/2fa/authenticate";
    this.#take(await this.#call("POST", path, isMail ? { key: code } : { code }), this.email);
  }

  async enterPasskey(): Promise<void> {
    const answer = await this.#withPasskey("auth/webauthn/authenticate");
    if (answer) this.#take(answer, this.email);
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

  /** An old token is replaced first: without one, the session and its cookie would live on. */
  async signOut(): Promise<void> {
    await this.fresh();
    const token = this.token();
    this.dialog = null;
    if (!this.user) return;
    this.#forget();
    keep(FLAG, LEAVING);
    if (token) await this.#tellSignOut(token);
  }

  /** The account is gone, and its sessions with it. */
  erased(): void {
    this.#forget();
  }

  /** A sign-out that the server has not heard of. */
  async #leave(): Promise<void> {
    const answer = await this.#refresher.refresh();
    if ("tokens" in answer) await this.#tellSignOut(answer.tokens.access_token);
    else if ("ended" in answer) store.removeItem(FLAG);
  }

  async #tellSignOut(token: string): Promise<void> {
    try {
      await postWith("/auth/sign-out", undefined, token);
      // Unless somebody signed in meanwhile.
      if (store.getItem(FLAG) === LEAVING) store.removeItem(FLAG);
    } catch {
      // No answer: the next start tells it again.
    }
  }

  /** A step of somebody signed in; where a fresh proof is asked for, the dialog comes and the step is done again. */
  async account<Data>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<FlowAnswer<Data>> {
    for (let round = 0; ;) {
      if (!(await this.ensure())) throw new SignInDismissed();
      const token = this.token();
      const answer = await this.#call<Data>(method, path, body);
      if (answer.status === 410) throw this.#end(ENDED);
      if (answer.status !== 401) return answer;
      if (answer.data?.user) {
        if (!(await this.prove(proofsOf(answer)))) throw new SignInDismissed();
      } else if (token && round++ === 0) this.refused(token);
      else throw problemOf(answer);
    }
  }

  /** False when the dialog was closed. Who asks meanwhile waits for the same dialog. */
  prove(proofs: Proof[]): Promise<boolean> {
    if (!proofs.length) throw new Problem(403, "NO_PROOF", NO_PROOF);
    this.proofs = proofs;
    return (this.#proving ??= new Promise((resolve) => (this.#proved = resolve)));
  }

  giveProof(password: string): Promise<void> {
    return this.#prove(this.#call("POST", "auth/reauthenticate", { password }));
  }

  giveProofByCode(code: string): Promise<void> {
    return this.#prove(this.#call("POST", "auth/2fa/reauthenticate", { code }));
  }

  giveProofByPasskey(): Promise<void> {
    return this.#prove(this.#withPasskey("auth/webauthn/reauthenticate"));
  }

  async #prove(sent: Promise<FlowAnswer | null>): Promise<void> {
    const answer = await sent;
    if (!answer) return;
    if (answer.status !== 200) throw problemOf(answer);
    this.endProof(true);
  }

  endProof(proved: boolean): void {
    this.proofs = [];
    this.#proved?.(proved);
    this.#proving = this.#proved = null;
  }

  /** A code goes to the new address. What follows is the same for an address that somebody has. */
  async changeEmail(email: string): Promise<void> {
    const answer = await this.account("POST", "account/email", { email });
    if (answer.status !== 200) throw problemOf(answer);
  }

  async confirmEmail(code: string): Promise<void> {
    const answer = await this.account("POST", "auth/email/verify", { key: code });
    if (answer.status !== 200) throw problemOf(answer);
    // The answer holds the user as it was before the change.
    this.user = await getMine("/api/v1/me");
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

  /** Who signs in as somebody else is signed out first: a flow refuses whoever is signed in. */
  async #startAnew(): Promise<void> {
    await this.#starting;
    if (this.user) await this.signOut();
    this.#flow = null;
  }

  async #begin(path: string, body: unknown, email: string): Promise<void> {
    await this.#startAnew();
    this.#take(await this.#call("POST", path, body), email);
  }

  /** null when the user closed the browser's dialog. */
  async #withPasskey(path: string): Promise<FlowAnswer | null> {
    const asked = await this.#call<{ request_options?: RequestOptions }>("GET", path);
    if (!asked.data?.request_options) throw problemOf(asked);
    const credential = await usePasskey(asked.data.request_options);
    return credential ? this.#call("POST", path, { credential }) : null;
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
      this.factors = proofsOf(answer);
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
    void this.readArtists();
  }

  #hold(tokens: Tokens): void {
    this.#session = { token: tokens.access_token, expiresAt: Date.parse(tokens.expires_at) };
    keep(FLAG, "1");
  }

  async #refresh(): Promise<void> {
    const answer = await this.#refresher.refresh();
    this.#isCutOff = "failed" in answer;
    if ("tokens" in answer) {
      this.#hold(answer.tokens);
      if (!this.user) await this.#readUser();
    } else if ("ended" in answer) {
      this.#end(answer.ended.code === "REFRESH_REUSED" ? REUSED : ENDED);
    }
  }

  /** After a reload: whose session it is. */
  async #readUser(): Promise<void> {
    try {
      this.user = await getMine("/api/v1/me", { quiet: true });
      for (const call of this.#onSignIn) call();
      void this.readArtists();
    } catch {
      this.#session = null;
      this.#isCutOff = true;
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
    this.#isCutOff = false;
    this.user = null;
    this.artists = [];
    store.removeItem(FLAG);
  }

  #answer(signedIn: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(signedIn);
  }

  async readArtists(): Promise<void> {
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
