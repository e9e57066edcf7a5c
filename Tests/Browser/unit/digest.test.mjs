import assert from "node:assert/strict";
import test from "node:test";
import { digest } from "../../../nginx/www/meelio-sync/integrity-check.js";

// That these are the server's too is what test_a_copy_that_differs_is_found_and_mended shows.

test("it is the one of the protocol", () => {
  assert.equal(digest([{ id: "task-1", version: 1795000000000 }, { id: "task-2", version: 1795000000001 }]), "ce0dd0e5");
});

test("nothing has the digest zero", () => assert.equal(digest([]), "00000000"));

test("the order does not count", () => {
  const records = Array.from({ length: 50 }, (_, index) => ({ id: `task-${index}`, version: 1_000 + index }));
  assert.equal(digest(records), digest([...records].reverse()));
});

test("each id and each version counts", () => {
  const records = [{ id: "a", version: 1 }, { id: "b", version: 2 }];
  assert.notEqual(digest(records), digest([{ id: "a", version: 2 }, { id: "b", version: 1 }]));
  assert.notEqual(digest(records), digest(records.slice(1)));
});
