import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { auth as Auth } from "../src/auth/auth.svelte";

const USER = { uid: "bob", email: "bob@example.com", display_name: "Bob", market: "DE" };
const FLAG = "signed-in";

type Answer = { status: number; body?: unknown } | "lost";

/** The server by address; the last answer of each stays. */
let answers: Record<string, Answer[]>;
let asked: { address: string; headers: Headers }[];
let auth: typeof Auth;
let items: Map<string, string>;

async function respond(address: string, init: RequestInit = {}): Promise<Response> {
  asked.push({ address: `${init.method ?? "GET"} ${address}`, headers: new Headers(init.headers) });
  const known = answers[address] ?? [];
  const answer = known.length > 1 ? known.shift() : known[0];
  if (!answer || answer === "lost") throw new TypeError("Failed to fetch");
  return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
    status: answer.status,
  });
}

function tokens(name: string, minutes = 10) {
  const expires_at = new Date(Date.now() + minutes * 60_000).toISOString();
  return { status: 200, body: { access_token: name, expires_at } };
}

function signedIn(minutes = 10): Answer {
  const { access_token, expires_at } = tokens("first", minutes).body;
  return { status: 200, body: { data: { user: USER }, meta: { access_token, expires_at } } };
}

const count = (address: string): number => asked.filter((one) => one.address === address).length;

beforeEach(async () => {
  answers = {
    "/api/v1/me": [{ status: 200, body: USER }],
    "/api/v1/me/artists?limit=100": [{ status: 200, body: { results: [] } }],
    "/auth/sign-out": [{ status: 204 }],
  };
  asked = [];
  items = new Map();
  vi.stubGlobal("fetch", respond);
  vi.stubGlobal("location", { hash: "", search: "", pathname: "/" });
  vi.stubGlobal("navigator", { userAgent: "Chrome/153 Linux" });
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
  vi.resetModules();
  ({ auth } = await import("../src/auth/auth.svelte"));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a visitor causes no request", async () => {
  auth.start();
  await auth.fresh();

  expect(asked).toEqual([]);
});

test("who was signed in here is so again after a reload", async () => {
  items.set(FLAG, "1");
  answers["/auth/refresh"] = [tokens("new")];

  auth.start();
  await auth.fresh();

  expect(auth.user?.display_name).toBe("Bob");
  expect(auth.token()).toBe("new");
});

test("a refresh without an answer at the start is tried again at the next request", async () => {
  items.set(FLAG, "1");
  answers["/auth/refresh"] = ["lost", tokens("new")];

  auth.start();
  await auth.fresh();

  expect(auth.user?.uid).toBe("bob");
});

test("who comes back from Apple or Google is signed in, even where a sign-out was not heard of", async () => {
  items.set(FLAG, "leaving");
  const replaced = vi.fn();
  vi.stubGlobal("location", { hash: "", search: "?signed-in", pathname: "/" });
  vi.stubGlobal("history", { state: null, replaceState: replaced });
  answers["/auth/refresh"] = [tokens("new")];

  auth.start();
  await auth.fresh();

  await vi.waitFor(() => expect(auth.user?.uid).toBe("bob"));
  expect(count("POST /auth/sign-out")).toBe(0);
  expect(replaced).toHaveBeenCalledWith(null, "", "/");
});

test("without an answer nobody is told that the session ended", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  answers["/auth/refresh"] = ["lost"];
  vi.setSystemTime(Date.now() + 11 * 60_000);

  await expect(auth.ensure()).rejects.toMatchObject({ code: "NO_ANSWER" });

  expect(auth.dialog).toBeNull();
  expect(auth.user?.uid).toBe("bob");
});

test("a session that has ended asks calmly to sign in again", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  const body = { code: "SESSION_ENDED", detail: "Over.", errors: [] };
  answers["/auth/refresh"] = [{ status: 401, body }];
  vi.setSystemTime(Date.now() + 11 * 60_000);

  await auth.fresh();

  expect(auth.user).toBeNull();
  expect(auth.dialog).toMatchObject({ form: "sign-in", email: USER.email });
  expect(items.has(FLAG)).toBe(false);
});

test("signing out with an old token gets a new one first, so that the session ends", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  vi.setSystemTime(Date.now() + 60 * 60_000);
  answers["/auth/refresh"] = [tokens("second")];

  await auth.signOut();

  expect(asked.at(-1)?.address).toBe("POST /auth/sign-out");
  expect(asked.at(-1)?.headers.get("Authorization")).toBe("Bearer second");
  expect(items.has(FLAG)).toBe(false);
});

test("a sign-out that the server did not hear of is told at the next start, and signs nobody in", async () => {
  items.set(FLAG, "1");
  answers["/auth/refresh"] = [tokens("new")];
  answers["/auth/sign-out"] = ["lost", { status: 204 }];
  auth.start();
  await auth.fresh();

  await auth.signOut();
  expect(auth.user).toBeNull();
  auth.start();
  await auth.fresh();

  expect(auth.user).toBeNull();
  expect(count("POST /auth/sign-out")).toBe(2);
  expect(items.has(FLAG)).toBe(false);
});

test("who signs in as somebody else is signed out first", async () => {
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");

  await auth.signIn("other@example.com", "secret");

  expect(asked.map(({ address }) => address).filter((address) => address.startsWith("POST"))).toEqual([
    "POST /auth/app/v1/auth/login",
    "POST /auth/sign-out",
    "POST /auth/app/v1/auth/login",
  ]);
  const signIns = asked.filter(({ address }) => address.endsWith("auth/login"));
  expect(signIns.map(({ headers }) => headers.has("Authorization"))).toEqual([false, false]);
});

test("that is so while the start still reads who was signed in", async () => {
  items.set(FLAG, "1");
  answers["/auth/refresh"] = [tokens("new")];
  answers["/auth/app/v1/auth/login"] = [signedIn()];

  auth.start();
  await vi.waitFor(() => expect(count("GET /api/v1/me")).toBe(1));
  await auth.signIn("other@example.com", "secret");

  const signIn = asked.find(({ address }) => address.endsWith("auth/login"));
  expect(signIn?.headers.has("Authorization")).toBe(false);
  expect(count("POST /auth/sign-out")).toBe(1);
});

test("a step that asks for a proof waits for it, and is done again", async () => {
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  const asks = { status: 401, body: { data: { user: USER, flows: [{ id: "reauthenticate" }] } } };
  answers["/auth/app/v1/account/email"] = [asks, { status: 200, body: {} }];
  answers["/auth/app/v1/auth/reauthenticate"] = [{ status: 200, body: {} }];

  const step = auth.account("POST", "account/email", { email: "new@example.com" });
  await vi.waitFor(() => expect(auth.proofs).toEqual(["password"]));
  await auth.giveProof("secret");

  expect((await step).status).toBe(200);
  expect(auth.proofs).toEqual([]);
});

test("steps that ask at the same time share one dialog", async () => {
  const asked = [auth.prove(["password"]), auth.prove(["password"])];

  auth.endProof(true);

  expect(await Promise.all(asked)).toEqual([true, true]);
});

test("a closed dialog leaves the step undone", async () => {
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  const asks = { status: 401, body: { data: { user: USER, flows: [{ id: "reauthenticate" }] } } };
  answers["/auth/app/v1/account/email"] = [asks];

  const step = auth.account("POST", "account/email", {});
  await vi.waitFor(() => expect(auth.proofs).not.toEqual([]));
  auth.endProof(false);

  const { SignInDismissed } = await import("../src/api/client");
  await expect(step).rejects.toBeInstanceOf(SignInDismissed);
});

test("a step with a refused token gets a new one, once", async () => {
  answers["/auth/app/v1/auth/login"] = [signedIn()];
  await auth.signIn(USER.email, "secret");
  answers["/auth/refresh"] = [tokens("second")];
  answers["/auth/app/v1/account/email"] = [
    { status: 401, body: { data: { flows: [{ id: "login" }] } } },
    { status: 200, body: { data: [] } },
  ];

  expect((await auth.account("GET", "account/email")).status).toBe(200);
  expect(count("POST /auth/refresh")).toBe(1);
});

test("the second step says what it takes", async () => {
  const flows = [{ id: "mfa_authenticate", is_pending: true, types: ["webauthn", "recovery_codes"] }];
  answers["/auth/app/v1/auth/login"] = [
    { status: 401, body: { data: { flows }, meta: { session_token: "flow" } } },
  ];

  await auth.signIn(USER.email, "secret");

  expect(auth.step).toBe("mfa_authenticate");
  expect(auth.factors).toEqual(["passkey", "code"]);
});
