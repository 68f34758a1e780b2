import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { acceptedKeys, contract, linkPath, startTestEdge } from "./support.mjs";

const [own, other] = contract.signed;
const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);
const LARGE = 33 * 1024 * 1024;

let running;
let count = 0;

before(async () => {
  running = await startTestEdge();
});

after(() => running.stop());

async function put(name = `a${++count}.mp4`, content = bytes) {
  await running.bucket.put(`${own.asset}/${name}`, content);
  return name;
}

function ask(file, headers = {}, { method = "GET", signed = own } = {}) {
  return fetch(running.edge.address + linkPath(file, signed), { method, headers });
}

async function body(answer) {
  return new Uint8Array(await answer.arrayBuffer());
}

/** The file is stored in the background: asks until the answer says that it came from the cache. */
async function cached(file) {
  for (let tries = 0; tries < 500; tries += 1) {
    const answer = await ask(file);
    await answer.arrayBuffer();
    if (answer.headers.get("CF-Cache-Status") === "HIT") {
      return file;
    }
    await pause(20);
  }
  throw new Error(`${file} was never cached`);
}

/** Each case is looked at twice: read from the bucket, and from the cache. */
function both(name, check) {
  test(`${name}, from the bucket`, async () => check(await put()));
  test(`${name}, from the cache`, async () => check(await cached(await put())));
}

both("the whole file with its headers", async (file) => {
  const answer = await ask(file);

  assert.equal(answer.status, 200);
  assert.deepEqual(await body(answer), bytes);
  const wanted = {
    "Content-Type": "audio/mp4",
    "Content-Length": "1000",
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag",
    "X-Content-Type-Options": "nosniff",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, answer.headers.get(name)])), wanted);
  assert.match(answer.headers.get("ETag"), /^"[0-9a-f]{32}"$/);
});

both("HEAD says the same without a body, and ignores a range", async (file) => {
  const answer = await ask(file, { Range: "bytes=0-9" }, { method: "HEAD" });

  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("Content-Length"), "1000");
  assert.equal(answer.headers.get("Content-Type"), "audio/mp4");
  assert.equal((await body(answer)).length, 0);
});

for (const [range, first, last] of [
  ["bytes=0-0", 0, 0],
  ["bytes=10-19", 10, 19],
  ["bytes=990-", 990, 999],
  ["bytes=990-5000", 990, 999],
  ["bytes=-10", 990, 999],
  ["bytes=-5000", 0, 999],
  ["bytes=0-999", 0, 999],
  ["bytes=999-99999999999999999999", 999, 999],
]) {
  both(`206 for ${range}`, async (file) => {
    const answer = await ask(file, { Range: range });

    assert.equal(answer.status, 206);
    assert.equal(answer.headers.get("Content-Range"), `bytes ${first}-${last}/1000`);
    assert.equal(answer.headers.get("Content-Length"), String(last - first + 1));
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
    assert.deepEqual(await body(answer), bytes.slice(first, last + 1));
  });
}

for (const range of ["bytes=1000-", "bytes=5000-6000", "bytes=-0"]) {
  both(`416 for ${range}`, async (file) => {
    const answer = await ask(file, { Range: range });

    assert.equal(answer.status, 416);
    assert.equal(answer.headers.get("Content-Range"), "bytes */1000");
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
    assert.equal((await body(answer)).length, 0);
  });
}

for (const range of ["bytes=0-1,4-5", "bytes=0-1, -2", "bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "seconds=0-1"]) {
  both(`the whole for ${range}`, async (file) => {
    const answer = await ask(file, { Range: range });

    assert.equal(answer.status, 200);
    assert.deepEqual(await body(answer), bytes);
  });
}

test("416 for any range of an empty file", async () => {
  const file = await put(undefined, new Uint8Array());

  assert.equal((await ask(file, { Range: "bytes=0-" })).status, 416);
  assert.equal((await ask(file)).status, 200);
});

both("304 for the etag it has, range or not", async (file) => {
  const etag = (await ask(file, {}, { method: "HEAD" })).headers.get("ETag");

  for (const value of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const answer = await ask(file, { "If-None-Match": value, Range: "bytes=0-9" });
    assert.equal(answer.status, 304, value);
    assert.equal(answer.headers.get("ETag"), etag);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
  }
  assert.equal((await ask(file, { "If-None-Match": '"other"' })).status, 200);
});

both("If-Range gives the part of the same version and the whole of another", async (file) => {
  const etag = (await ask(file, {}, { method: "HEAD" })).headers.get("ETag");

  const same = await ask(file, { "If-Range": etag, Range: "bytes=10-19" });
  const another = await ask(file, { "If-Range": '"other"', Range: "bytes=10-19" });

  assert.equal(same.status, 206);
  assert.equal(another.status, 200);
  assert.deepEqual(await body(another), bytes);
});

test("all links of an asset share one cache entry", async () => {
  const file = await cached(await put());
  await running.bucket.delete(`${own.asset}/${file}`);

  const answer = await ask(file, { Range: "bytes=10-19" }, { signed: other });

  assert.notEqual(own.token, other.token);
  assert.equal(answer.status, 206);
  assert.equal(answer.headers.get("CF-Cache-Status"), "HIT");
  assert.deepEqual(await body(answer), bytes.slice(10, 20));
});

test("a cached file is refused to a link that is not valid", async () => {
  const file = await cached(await put());
  const expired = contract.vectors.find(({ name }) => name === "expired by exactly one second");

  const answer = await fetch(running.edge.address + expired.path.replace("main.m3u8", file));

  assert.equal(answer.status, 403);
});

test("a missing file is not remembered as missing", async () => {
  const file = "a-late.mp4";
  assert.equal((await ask(file)).status, 404);

  await put(file);

  assert.equal((await ask(file)).status, 200);
});

test("a large file is read from the bucket by range and never stored", async () => {
  const content = new Uint8Array(LARGE).fill(7);
  const file = await put("v720.mp4", content);

  const answers = [await ask(file, { Range: "bytes=100-199" }), await ask(file, { Range: `bytes=${LARGE - 1}-` })];

  for (const answer of answers) {
    assert.equal(answer.status, 206);
    assert.equal(answer.headers.get("CF-Cache-Status"), null);
  }
  assert.deepEqual(await body(answers[0]), content.slice(0, 100));
  assert.equal(answers[1].headers.get("Content-Range"), `bytes ${LARGE - 1}-${LARGE - 1}/${LARGE}`);
  await running.bucket.delete(`${own.asset}/${file}`);
  assert.equal((await ask(file)).status, 404);
});

for (const [file, type] of [
  ["main.m3u8", "application/vnd.apple.mpegurl"],
  ["a64.m3u8", "application/vnd.apple.mpegurl"],
  ["a160.mp4", "audio/mp4"],
  ["v360.mp4", "video/mp4"],
  ["320.webp", "image/webp"],
  ["320.jpg", "image/jpeg"],
  ["notes.html", "application/octet-stream"],
]) {
  test(`${file} is ${type}, whatever the bucket says`, async () => {
    const key = `${own.asset}/${file}`;
    await running.bucket.put(key, "x", { httpMetadata: { contentType: "text/html" } });

    const answer = await ask(file);

    assert.equal(answer.headers.get("Content-Type"), type);
    await answer.arrayBuffer();
  });
}

test("a preflight is answered on a valid link and refused on any other", async () => {
  const asked = { Origin: "http://localhost:1", "Access-Control-Request-Method": "GET" };

  const valid = await ask("main.m3u8", asked, { method: "OPTIONS" });
  const invalid = await ask("main.m3u8", asked, { method: "OPTIONS", signed: { ...own, asset: contract.assets.b } });

  assert.equal(valid.status, 204);
  assert.equal(valid.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(valid.headers.get("Access-Control-Allow-Methods"), "GET, HEAD");
  assert.match(valid.headers.get("Access-Control-Allow-Headers"), /Range/);
  assert.equal(invalid.status, 403);
  assert.equal(invalid.headers.get("Access-Control-Allow-Origin"), null);
});

for (const method of ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"]) {
  test(`${method} is refused on a valid link`, async () => {
    const answer = await ask("main.m3u8", {}, { method });

    assert.equal(answer.status, 403);
    assert.equal((await body(answer)).length, 0);
  });
}

test("a missing file is 404 with no body and no CORS", async () => {
  const answer = await ask("a320.mp4");

  assert.equal(answer.status, 404);
  assert.equal((await body(answer)).length, 0);
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
});

test("two keys are in use, and neither is the retired one", () => {
  assert.equal(acceptedKeys.length, 2);
  assert.ok(!acceptedKeys.includes(contract.keys.retired));
});
