import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Refresher } from "../src/auth/refresher";

const TOKENS = { access_token: "token", expires_at: "2026-11-25T10:00:00Z" };

beforeAll(() => void vi.stubGlobal("navigator", { userAgent: "Chrome/153 Linux" }));
afterAll(() => void vi.unstubAllGlobals());

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A server that gives these answers in turn; null: the answer is lost. */
function server(...answers: (Response | null)[]) {
  const attempts: string[] = [];
  let names = 0;
  const send = async (_: unknown, init?: RequestInit): Promise<Response> => {
    attempts.push((JSON.parse(String(init?.body)) as { attempt_id: string }).attempt_id);
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return next;
  };
  const refresher = new Refresher(send as typeof fetch, () => `attempt-${(names += 1)}`);
  return { refresher, attempts };
}

test("each refresh is an attempt of its own", async () => {
  const { refresher, attempts } = server(answer(200, TOKENS), answer(200, TOKENS));

  expect(await refresher.refresh()).toEqual({ tokens: TOKENS });
  await refresher.refresh();

  expect(attempts).toEqual(["attempt-1", "attempt-2"]);
});

test.each([
  ["the answer is lost", null],
  ["the server fails", answer(502, {})],
  ["the server is busy", answer(429, { code: "RATE_LIMITED", detail: "Wait.", errors: [] })],
])("when %s, the same attempt is sent again", async (_, lost) => {
  const { refresher, attempts } = server(lost, answer(200, TOKENS));

  expect(await refresher.refresh()).toEqual({ failed: true });
  expect(await refresher.refresh()).toEqual({ tokens: TOKENS });

  expect(attempts).toEqual(["attempt-1", "attempt-1"]);
});

test("who asks meanwhile waits for the same refresh", async () => {
  const { refresher, attempts } = server(answer(200, TOKENS));

  await Promise.all([refresher.refresh(), refresher.refresh()]);

  expect(attempts).toHaveLength(1);
});

test.each(["SESSION_ENDED", "REFRESH_REUSED", "REFRESH_INVALID", "REFRESH_MISSING"])(
  "%s ends the session",
  async (code) => {
    const { refresher } = server(answer(401, { code, detail: "Sign in.", errors: [] }));

    expect(await refresher.refresh()).toMatchObject({ ended: { code } });
  },
);
