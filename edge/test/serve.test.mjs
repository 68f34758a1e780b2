/** serve.mjs as a process: what it says, what it refuses, and that it goes when it should. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { freePort, startEdge } from "../simulator.mjs";

const SERVE = fileURLToPath(new URL("../serve.mjs", import.meta.url));
const READY = /^edge ready (http:\/\/localhost:\d+)\n$/;

let settings;

beforeEach(async () => {
  settings = {
    EDGE_PORT: String(await freePort("127.0.0.1")),
    EDGE_STATE_DIR: await mkdtemp(join(tmpdir(), "edge-test-")),
    LINK_KEYS: "one,two",
    R2_ACCESS_KEY_ID: "test",
    R2_SECRET_ACCESS_KEY: "test-secret",
  };
});

afterEach(() => rm(settings.EDGE_STATE_DIR, { recursive: true, force: true }));

function start(changes = {}, command = [SERVE]) {
  const child = spawn(process.execPath, command, { env: { ...process.env, ...settings, ...changes } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (said.out += chunk));
  child.stderr.on("data", (chunk) => (said.err += chunk));
  return { child, said };
}

async function until(condition) {
  for (let tries = 0; !(await condition()); tries += 1) {
    assert.ok(tries < 600, "took too long");
    await pause(50);
  }
}

/** Nobody holds the port until it is taken, so another process may be quicker: then it is another one. */
async function startReady(command) {
  for (let left = 2; ; left -= 1) {
    const running = start({}, command);
    await until(() => running.said.out.endsWith("\n") || running.child.exitCode !== null);
    if (left === 0 || !running.said.err.endsWith(" is taken\n")) {
      assert.match(running.said.out, READY);
      return running;
    }
    settings.EDGE_PORT = String(await freePort("127.0.0.1"));
  }
}

/** The port is workerd's, so this also says whether workerd is there. */
function answers() {
  return fetch(`http://127.0.0.1:${settings.EDGE_PORT}/`).then(
    () => true,
    () => false,
  );
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) {
  test(`says one line when it is ready, and ${signal} ends it with workerd`, async () => {
    const { child, said } = await startReady();
    assert.equal(said.out, `edge ready http://localhost:${settings.EDGE_PORT}\n`);
    assert.ok(await answers());

    child.kill(signal);
    await once(child, "close");

    await until(async () => !(await answers()));
    assert.equal(said.err, "");
  });
}

test("goes when its parent is killed", async () => {
  const parentScript = `require("child_process").spawn(process.execPath, [${JSON.stringify(SERVE)}], { stdio: "inherit" })`;
  const parent = await startReady(["-e", parentScript]);

  parent.child.kill("SIGKILL");

  await until(async () => !(await answers()));
});

for (const [changes, sentence] of [
  [{ EDGE_PORT: "" }, "edge: set EDGE_PORT\n"],
  [{ EDGE_PORT: "0" }, "edge: EDGE_PORT must be a port from 1 to 65535, and is 0\n"],
  [{ EDGE_PORT: "http" }, "edge: EDGE_PORT must be a port from 1 to 65535, and is http\n"],
  [{ EDGE_STATE_DIR: "state" }, "edge: EDGE_STATE_DIR must be an absolute path, and is state\n"],
  [{ LINK_KEYS: "" }, "edge: set LINK_KEYS\n"],
  [{ R2_SECRET_ACCESS_KEY: "" }, "edge: set R2_SECRET_ACCESS_KEY\n"],
]) {
  test(`refuses ${JSON.stringify(changes)} with a sentence`, async () => {
    const { child, said } = start(changes);

    const [code] = await once(child, "close");

    assert.equal(code, 1);
    assert.deepEqual(said, { out: "", err: sentence });
  });
}

test("refuses a port that is taken", async () => {
  const squatter = createServer().listen(Number(settings.EDGE_PORT), "127.0.0.1");
  await once(squatter, "listening");

  const { child, said } = start();
  const [code] = await once(child, "close");
  squatter.close();

  assert.equal(code, 1);
  assert.equal(said.err, `edge: port ${settings.EDGE_PORT} is taken\n`);
});

for (const [which, before] of [
  ["its own port", 0],
  ["the port of its front door", 1],
]) {
  test(`picks other ports when another process was quicker to take ${which}`, async (t) => {
    const squatter = createServer().listen(0, "127.0.0.1");
    t.after(() => squatter.close());
    await once(squatter, "listening");
    const picks = [];

    const edge = await startEdge({
      port: 0,
      pickPort: async (host, port) => {
        picks.push(picks.length === before ? squatter.address().port : await freePort(host, port));
        return picks.at(-1);
      },
      stateDir: settings.EDGE_STATE_DIR,
      entry: "src/local.ts",
      bindings: { LINK_KEYS: settings.LINK_KEYS },
      credentials: { accessKeyId: "test", secretAccessKey: "test-secret" },
    });
    const answer = await fetch(edge.address);
    await edge.miniflare.dispose();

    assert.equal(picks.length, 4);
    assert.equal(answer.status, 403);
  });
}
