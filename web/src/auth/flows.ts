/** The sign-in flows under /auth/app/v1/: django-allauth's own shapes, and the one place that knows them. */
import { noAnswer, Problem } from "../api/problems";

const BASE = "/auth/app/v1/";

export interface FlowUser {
  uid: string;
  email: string;
  display_name: string;
  market: string;
}

export interface FlowAnswer<Data = unknown> {
  status: number;
  data?: Data & { user?: FlowUser; flows?: { id: string; is_pending?: boolean; types?: string[] }[] };
  meta?: {
    session_token?: string;
    access_token?: string;
    expires_at?: string;
    secret?: string;
    totp_url?: string;
  };
  errors?: { message: string; code: string; param?: string }[];
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What the browser is, for "Where you are signed in". A header holds ASCII, so other characters are encoded. */
export function clientHeaders(agent: string = navigator.userAgent): Record<string, string> {
  return {
    "X-Client-Platform": "web",
    "X-Client-Name": encodeURIComponent(browserName(agent)).replace(/%20/g, " "),
  };
}

export function browserName(agent: string): string {
  const browser = (
    [
      ["Edg/", "Edge"],
      ["OPR/", "Opera"],
      ["Firefox/", "Firefox"],
      ["Chrome/", "Chrome"],
      ["Safari/", "Safari"],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1];
  const system = (
    [
      ["iPhone", "iPhone"],
      ["iPad", "iPad"],
      ["Android", "Android"],
      ["Windows", "Windows"],
      ["Mac OS", "macOS"],
      ["Linux", "Linux"],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1];
  return [browser ?? "A browser", system].filter(Boolean).join(" on ");
}

/** One request of a flow. `headers` name the flow or who is signed in. Throws a Problem when no answer comes. */
export async function callFlow<Data>(
  method: Method,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<FlowAnswer<Data>> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        ...clientHeaders(),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw noAnswer();
  }
  const answer = (await response.json().catch(() => ({}))) as FlowAnswer<Data>;
  return { ...answer, status: response.status };
}

export function pendingOf(answer: FlowAnswer): string | null {
  return answer.data?.flows?.find(({ is_pending }) => is_pending)?.id ?? null;
}

/** How somebody may show who they are, besides or again. */
export type Proof = "password" | "passkey" | "code";

/** What a refusal asks for: the second step of a sign-in, or a fresh proof of somebody signed in. */
export function proofsOf(answer: FlowAnswer): Proof[] {
  const flows = answer.data?.flows ?? [];
  const types = flows
    .filter(({ id }) => /^mfa_(re)?authenticate$/.test(id))
    .flatMap(({ types = [] }) => types);
  const proofs: Proof[] = flows.some(({ id }) => id === "reauthenticate") ? ["password"] : [];
  if (types.includes("webauthn")) proofs.push("passkey");
  if (types.includes("totp") || types.includes("recovery_codes")) proofs.push("code");
  return proofs;
}

export interface Provider {
  id: string;
  name: string;
}

let providers: Provider[] | null = null;

/** The vendors that this server can sign people in with; none while that can't be asked. */
export async function providersOf(): Promise<Provider[]> {
  type Config = { socialaccount?: { providers?: Provider[] } };
  if (providers) return providers;
  const answer = await callFlow<Config>("GET", "config", undefined, {}).catch(() => null);
  if (answer?.status === 200) providers = answer.data?.socialaccount?.providers ?? [];
  return providers ?? [];
}

const SENTENCES: Record<string, string> = {
  email_password_mismatch: "The address or the password is wrong.",
  too_many_login_attempts: "Too many attempts. Wait five minutes, then try again.",
  incorrect_code: "This code is not right. Use the newest one.",
  incorrect_password: "This password is not right.",
  enter_current_password: "This is not your present password.",
};
const OVER = "This took too long, or was tried too often. Start again.";
const BUSY = "Too many requests. Wait a moment, then try again.";
const BROKEN = "Backbeat could not answer just now. Try again in a moment.";

/** The refusal of a flow as a Problem, with the names of our form's fields. */
export function problemOf(answer: FlowAnswer): Problem {
  const errors = (answer.errors ?? []).map(({ message, code, param }) => ({
    pointer: param ? `/${param}` : "",
    code: code.toUpperCase(),
    detail: SENTENCES[code] ?? message,
  }));
  const detail =
    errors[0]?.detail ??
    (answer.status === 409 || answer.status === 410 ? OVER : answer.status === 429 ? BUSY : BROKEN);
  return new Problem(answer.status, errors[0]?.code ?? "FLOW", detail, errors);
}
