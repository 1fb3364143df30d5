import assert from "node:assert/strict";
import { test } from "node:test";

import { flow, scopes } from "../src/plugin.js";

const url = (step) => step.action.val.url.map((piece) => piece.val).join("");

test("the code is exchanged twice, and then it is done", () => {
  const actions = [0, 1, 2].map((number) => flow.next({}, "exchange", number, "", undefined));

  assert.deepEqual(actions.map((step) => step.action.tag), ["send", "send", "done"]);
  assert.equal(url(actions[1]), "https://graph.threads.net/access_token");
});

test("the second exchange presents the first token and brings the one that is used", () => {
  const { query, tokens } = flow.next({}, "exchange", 1, "", undefined).action.val;

  assert.deepEqual(query[2].value, [{ tag: "slot", val: { tag: "access-token", val: "short" } }]);
  assert.equal(tokens[0].slot, "main");
});

test("scopes are separated by commas", () => {
  assert.equal(scopes.profile().separator, ",");
});
