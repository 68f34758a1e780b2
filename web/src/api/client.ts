/** Typed requests: paths, parameters and answers are those of the committed schema. */
import { noAnswer, problemFrom } from "./problems";
import type { paths } from "./schema";

type Verb = "get" | "post" | "patch" | "put" | "delete";

type PathsWith<Method extends Verb> = {
  [Path in keyof paths]: paths[Path][Method] extends object ? Path : never;
}[keyof paths];

type Operation<Path extends keyof paths, Method extends Verb> = NonNullable<paths[Path][Method]>;
type JsonOf<Holder> = Holder extends { content: { "application/json": infer Body } } ? Body : undefined;
type Answer<Op> = Op extends { responses: infer Responses }
  ? JsonOf<Responses[Extract<keyof Responses, 200 | 201 | 202>]>
  : never;
type BodyOf<Op> = Op extends { requestBody?: infer Body }
  ? [NonNullable<Body>] extends [never]
    ? undefined
    : JsonOf<NonNullable<Body>>
  : undefined;
type Parameters<Op, Kind extends "path" | "query"> = Op extends { parameters: infer All }
  ? Kind extends keyof All
    ? NonNullable<All[Kind]>
    : never
  : never;

export type GetPath = PathsWith<"get">;
export type PostPath = PathsWith<"post">;
export type GetAnswer<Path extends GetPath> = Answer<Operation<Path, "get">>;
export type PostAnswer<Path extends PostPath> = Answer<Operation<Path, "post">>;

export interface GetOptions<Path extends GetPath> {
  path?: Parameters<Operation<Path, "get">, "path">;
  query?: Parameters<Operation<Path, "get">, "query">;
  signal?: AbortSignal;
}

/** Who speaks for the signed-in user: the only thing the client knows of sessions. */
export interface Credentials {
  /** The token to send now, or null. */
  token(): string | null;
  /** Before a request: who was signed in is so again, and a token that ends soon is replaced. */
  fresh(): Promise<void>;
  /** The server refused this token. */
  refused(token: string): void;
  /** Asks to sign in where that is needed; true once there is a token. A quiet asker does not insist. */
  ensure(quiet: boolean): Promise<boolean>;
}

let credentials: Credentials = {
  token: () => null,
  fresh: async () => undefined,
  refused: () => undefined,
  ensure: async () => false,
};

export function useCredentials(given: Credentials): void {
  credentials = given;
}

export function addressOf(path: string, parameters: object = {}, query: object = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((parameters as Record<string, unknown>)[name])),
  );
  const asked = Object.entries(query as Record<string, unknown>).filter(([, value]) => value !== undefined);
  const words = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
  return words ? `${filled}?${words}` : filled;
}

async function send(address: string, init: RequestInit, token: string | null): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  // Signing out takes the cookie away, which only a browser has.
  headers.set("X-Client-Platform", "web");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  try {
    return await fetch(address, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw noAnswer();
  }
}

async function answerOf<Body>(response: Response): Promise<Body> {
  if (!response.ok) throw await problemFrom(response);
  return (response.status === 204 ? undefined : await response.json()) as Body;
}

/** Reads that anybody may do: with a refused token they are done again without one. */
async function readable(address: string, init: RequestInit = {}): Promise<Response> {
  await credentials.fresh();
  const token = credentials.token();
  const response = await send(address, init, token);
  if (response.status !== 401 || !token) return response;
  credentials.refused(token);
  return send(address, init, null);
}

/** Requests that need a session: the sign-in dialog opens where there is none, and then the request is done. */
async function personal(address: string, init: RequestInit, quiet: boolean): Promise<Response> {
  for (let round = 0; ; round += 1) {
    await credentials.fresh();
    if (!credentials.token() && !(await credentials.ensure(quiet))) break;
    const token = credentials.token();
    const response = await send(address, init, token);
    if (response.status !== 401 || !token || round > 0) return response;
    credentials.refused(token);
  }
  throw new SignInDismissed();
}

export class SignInDismissed extends Error {}

export async function get<Path extends GetPath>(
  path: Path,
  options: GetOptions<Path> = {},
): Promise<GetAnswer<Path>> {
  const init = options.signal ? { signal: options.signal } : {};
  return answerOf(await readable(addressOf(path, options.path, options.query), init));
}

export async function getMine<Path extends GetPath>(
  path: Path,
  options: GetOptions<Path> & { quiet?: boolean } = {},
): Promise<GetAnswer<Path>> {
  const init = options.signal ? { signal: options.signal } : {};
  return answerOf(await personal(addressOf(path, options.path, options.query), init, options.quiet ?? false));
}

/** The page that a list's `next` names; the address is absolute, the request stays on this origin. */
export async function getNext<Answer>(next: string): Promise<Answer> {
  const { pathname, search } = new URL(next, location.href);
  return answerOf(await readable(pathname + search));
}

function json(body: unknown, keepalive = false, method = "POST", headers = {}): RequestInit {
  return {
    method,
    keepalive,
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** What anybody may ask with a body; the answer may depend on who asks. */
export async function post<Path extends PostPath>(
  path: Path,
  body: BodyOf<Operation<Path, "post">>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<PostAnswer<Path>> {
  return answerOf(await readable(path, signal ? { ...json(body), signal } : json(body)));
}

export async function postMine<Path extends PostPath>(
  path: Path,
  body: BodyOf<Operation<Path, "post">>,
  { quiet = false, headers = {} }: { quiet?: boolean; headers?: Record<string, string> } = {},
): Promise<PostAnswer<Path>> {
  return answerOf(await personal(path, json(body, false, "POST", headers), quiet));
}

type Change = "patch" | "put" | "delete";

/** Changes and removals of what is mine. */
export async function changeMine<Method extends Change, Path extends PathsWith<Method>>(
  method: Method,
  path: Path,
  {
    at,
    body,
  }: {
    at?: Parameters<Operation<Path, Method>, "path">;
    /** The schema has no words for the body of a removal. */
    body?: Method extends "delete" ? Record<string, string> : BodyOf<Operation<Path, Method>>;
  } = {},
): Promise<Answer<Operation<Path, Method>>> {
  const init =
    body === undefined ? { method: method.toUpperCase() } : json(body, false, method.toUpperCase());
  return answerOf(await personal(addressOf(path, at), init, false));
}

/** With the token there is, never asking for one; `keepalive` outlives the page. */
export async function postWith<Path extends PostPath>(
  path: Path,
  body: BodyOf<Operation<Path, "post">>,
  token: string,
  { keepalive = false } = {},
): Promise<PostAnswer<Path>> {
  return answerOf(await send(path, json(body, keepalive), token));
}
