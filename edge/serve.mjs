/** Runs the edge locally until it is told to stop or its parent is gone. Settings come from the environment. */

import { isAbsolute } from "node:path";

import { startEdge } from "./simulator.mjs";

const PARENT_CHECK_MS = 500;
const parent = process.ppid;

function fail(sentence) {
  console.error(`edge: ${sentence}`);
  process.exit(1);
}

function required(name) {
  return process.env[name] || fail(`set ${name}`);
}

function settings() {
  const port = Number(required("EDGE_PORT"));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    fail(`EDGE_PORT must be a port from 1 to 65535, and is ${process.env.EDGE_PORT}`);
  }
  const stateDir = required("EDGE_STATE_DIR");
  if (!isAbsolute(stateDir)) {
    fail(`EDGE_STATE_DIR must be an absolute path, and is ${stateDir}`);
  }
  return {
    host: process.env.EDGE_HOST || "127.0.0.1",
    port,
    stateDir,
    entry: "src/local.ts",
    bindings: { LINK_KEYS: required("LINK_KEYS") },
    credentials: { accessKeyId: required("R2_ACCESS_KEY_ID"), secretAccessKey: required("R2_SECRET_ACCESS_KEY") },
  };
}

let edge;
let stopping = false;

async function stop() {
  if (stopping) {
    return;
  }
  stopping = true;
  await edge?.miniflare.dispose();
  process.exit(0);
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.on("SIGHUP", stop);
// An orphan is adopted by another process; there is no signal for it that Node knows.
setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();

const wanted = settings();
try {
  edge = await startEdge(wanted);
} catch (error) {
  fail(error.code === "EADDRINUSE" ? `port ${wanted.port} is taken` : `did not start: ${error.message}`);
}
console.log(`edge ready ${edge.address}`);
