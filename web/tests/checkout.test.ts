import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useCredentials } from "../src/api/client";
import { Problem } from "../src/api/problems";
import { startCheckout } from "../src/billing/checkout";

const URL = "https://checkout.stripe.example/c/1";
let keys: string[];
let answers: (Response | "lost")[];

const said = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status });
const paid = (): Response => said(201, { url: URL, expires_at: "2026-11-25T15:00:00Z" });

beforeEach(() => {
  keys = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    keys.push(new Headers(init.headers).get("Idempotency-Key") ?? "");
    const answer = answers.shift();
    if (!answer || answer === "lost") throw new TypeError("Failed to fetch");
    return answer;
  });
  useCredentials({
    token: () => "token",
    fresh: async () => undefined,
    refused: () => undefined,
    ensure: async () => true,
  });
});

afterEach(() => vi.unstubAllGlobals());

test("the key stays until an answer arrives, and the next wish has another", async () => {
  answers = ["lost", said(503, { code: "PROVIDER_UNAVAILABLE", detail: "Later." }), paid(), paid()];

  await expect(startCheckout("month")).rejects.toThrow();
  await expect(startCheckout("month")).rejects.toThrow("Later.");
  expect(await startCheckout("month")).toBe(URL);
  await startCheckout("month");

  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[2]);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test("each product has its own key", async () => {
  answers = ["lost", "lost"];

  await expect(startCheckout("month")).rejects.toThrow();
  await expect(startCheckout("year")).rejects.toThrow();

  expect(keys[0]).not.toBe(keys[1]);
});

test("a refusal says where the subscription is managed, and ends the key", async () => {
  const manage_url = "https://apps.apple.com/account/subscriptions";
  answers = [
    said(409, { code: "ALREADY_SUBSCRIBED", detail: "You have one.", errors: [], manage_url }),
    paid(),
  ];

  const refusal: unknown = await startCheckout("other").catch((error: unknown) => error);
  await startCheckout("other");

  expect(refusal).toBeInstanceOf(Problem);
  expect((refusal as Problem).manageUrl).toBe(manage_url);
  expect(keys[0]).not.toBe(keys[1]);
});
