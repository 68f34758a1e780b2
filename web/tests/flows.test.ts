import { expect, test } from "vitest";
import { browserName, clientHeaders, pendingOf, problemOf, proofsOf } from "../src/auth/flows";

const LINUX =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/604.1";

test.each([
  [LINUX, "Chrome on Linux"],
  [IPHONE, "Safari on iPhone"],
  [`${LINUX} Edg/153.0.0.0`, "Edge on Linux"],
  ["something else", "A browser"],
])("a browser has a name that people know", (agent, name) => {
  expect(browserName(agent)).toBe(name);
  expect(clientHeaders(agent)).toEqual({ "X-Client-Platform": "web", "X-Client-Name": name });
});

test("the step that a flow waits for is the pending one", () => {
  const flows = [{ id: "login" }, { id: "verify_email", is_pending: true }];

  expect(pendingOf({ status: 401, data: { flows } })).toBe("verify_email");
  expect(pendingOf({ status: 401, data: { flows: [{ id: "login" }] } })).toBeNull();
});

test.each([
  [[{ id: "mfa_authenticate", types: ["webauthn", "recovery_codes"] }], ["passkey", "code"]],
  [[{ id: "mfa_authenticate", types: ["totp"] }], ["code"]],
  [[{ id: "reauthenticate" }], ["password"]],
  [
    [{ id: "reauthenticate" }, { id: "mfa_reauthenticate", types: ["totp", "webauthn"] }],
    ["password", "passkey", "code"],
  ],
  [[{ id: "login" }, { id: "mfa_login_webauthn" }], []],
])("a refusal says which proofs are taken", (flows, proofs) => {
  expect(proofsOf({ status: 401, data: { flows } })).toEqual(proofs);
});

test("what is wrong is said at its field, in our words where we have some", () => {
  const errors = [
    {
      message: "The email address and/or password you specified are not correct.",
      code: "email_password_mismatch",
      param: "password",
    },
  ];

  const problem = problemOf({ status: 400, errors });

  expect(problem.code).toBe("EMAIL_PASSWORD_MISMATCH");
  expect(problem.byField).toEqual({ password: "The address or the password is wrong." });
});

test.each([409, 410])("a flow that is over (%i) is begun again", (status) => {
  expect(problemOf({ status }).message).toContain("Start again");
});
