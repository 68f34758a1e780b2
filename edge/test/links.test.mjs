import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { contract, sendRaw, startTestEdge } from "./support.mjs";

let running;

before(async () => {
  running = await startTestEdge();
});

after(() => running.stop());

function target({ path, query }) {
  return query === undefined ? path : `${path}?${query}`;
}

function isThere(key) {
  return contract.objects.includes(key);
}

describe("the bare check", () => {
  for (const vector of contract.vectors) {
    test(vector.name, async () => {
      const answer = await fetch(running.edge.address, {
        method: "POST",
        headers: { "X-Check": "1" },
        body: vector.path,
      });
      const verdict = await answer.json();

      const status = verdict.status === 200 && !isThere(verdict.key) ? 404 : verdict.status;
      assert.equal(status, vector.status);
    });
  }
});

describe("the Worker, sent the path over a socket", () => {
  for (const vector of contract.vectors) {
    test(vector.name, async () => {
      const answer = await sendRaw(running.edge.address, target(vector));

      assert.equal(answer.status, vector.refused_by_parser ? 400 : vector.status);
      if (answer.status === 200) {
        assert.equal(answer.body, `the bytes of ${vector.path.slice(1, 37)}/${vector.path.slice(93)}`);
      } else if (answer.status !== 400) {
        assert.equal(answer.body, "");
        assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
      }
    });
  }
});

describe("behind a front door that puts paths in order before the Worker sees them", () => {
  const attacks = contract.vectors.filter(({ path, status }) => status !== 200 && !path.startsWith("/cdn-cgi"));
  for (const vector of attacks) {
    test(`${vector.name}: opens nothing that its mac is not for`, async () => {
      const answer = await sendRaw(running.edge.frontDoor, target(vector));

      // In order, some of these are the link of the very asset whose mac they carry.
      const normal = new URL(target(vector).replace(/[\0\t\n ]/g, ""), "http://localhost").pathname;
      if (answer.status === 200) {
        assert.equal(answer.body, `the bytes of ${normal.slice(1, 37)}/${normal.slice(93)}`);
        assert.ok(contract.signed.some(({ asset, token }) => normal.startsWith(`/${asset}/${token}/`)));
      } else {
        assert.ok([400, 403, 404].includes(answer.status), String(answer.status));
        assert.doesNotMatch(answer.body, /the bytes of/);
      }
    });
  }
});

test("a refusal looks the same whatever the reason", async () => {
  const refused = contract.vectors.filter(({ status, refused_by_parser: malformed }) => status === 403 && !malformed);

  const answers = await Promise.all(refused.map((vector) => sendRaw(running.edge.address, target(vector))));

  const seen = new Set(answers.map(({ headers, body }) => JSON.stringify([[...headers], body])));
  assert.equal(seen.size, 1);
});
