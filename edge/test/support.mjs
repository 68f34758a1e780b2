/** What the tests share: the contract, the Worker with the contract's clock, and requests sent as they are written. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startEdge } from "../simulator.mjs";

const CONTRACT = new URL("../../tests/contract/media_links.json", import.meta.url);
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test-secret" };

export const contract = JSON.parse(await readFile(CONTRACT, "utf8"));
export const acceptedKeys = contract.accepted_keys.map((name) => contract.keys[name]);

/** Returns { edge, bucket, stop } with the objects of the contract; each one's bytes say its key. */
export async function startTestEdge() {
  const stateDir = await mkdtemp(join(tmpdir(), "edge-test-"));
  const edge = await startEdge({
    port: 0,
    stateDir,
    entry: "test/fixed_clock.ts",
    bindings: { LINK_KEYS: acceptedKeys.join(","), NOW: contract.now },
    credentials: CREDENTIALS,
  });
  const bucket = await edge.miniflare.getR2Bucket("MEDIA", "edge");
  for (const key of contract.objects) {
    await bucket.put(key, `the bytes of ${key}`);
  }
  async function stop() {
    await edge.miniflare.dispose();
    await rm(stateDir, { recursive: true });
  }
  return { edge, bucket, stop };
}

/** The link of a file of an asset, by one of the contract's signed tokens. */
export function linkPath(file, signed = contract.signed[0]) {
  return `/${signed.asset}/${signed.token}/${file}`;
}

/** Sends the request target byte for byte; no client in between puts the path in order. */
export function sendRaw(address, target) {
  const { hostname, port, host } = new URL(address);
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(Number(port), hostname === "localhost" ? "127.0.0.1" : hostname);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(readAnswer(Buffer.concat(chunks).toString("latin1"))));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}

function readAnswer(text) {
  const [head, ...rest] = text.split("\r\n\r\n");
  const [line, ...headerLines] = head.split("\r\n");
  const headers = new Headers(headerLines.map((header) => header.split(/:\s*/, 2)));
  return { status: Number(line.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}
