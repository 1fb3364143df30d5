import assert from "node:assert/strict";
import { test } from "node:test";

// [fresh]
import { identity, matching, refresh } from "../src/plugin.js";

test("it serves its own server", () => {
  const [rule] = matching.rules();

  assert.equal(identity.describe().id, "acme");
  assert.equal(rule.conditions[0].value, "mcp.acme.example");
});

test("a refresh token is used once", () => {
  assert.equal(refresh.profile().rotation, "single-use");
});
// [/fresh]
// [started]
import { identity, matching } from "../src/plugin.js";

test("it has a name of its own and servers to serve", () => {
  assert.equal(identity.describe().id, "acme");
  assert.notEqual(matching.rules().length, 0);
});
// [/started]
