import assert from "node:assert/strict";
import test from "node:test";
import { difference, isEqual, makeRow, overlay, sendable, serverCopy, visible } from "../../../nginx/www/meelio-sync/records.js";
import { randomness } from "./random.mjs";

const VALUES = [null, true, false, 0, 1, -2.5, "", "text", [], [1, "a"], [1, ["a"]], {}, { a: 1 }, { a: { b: null } }];

/** @param {ReturnType<typeof randomness>} random */
const randomRecord = (random) => Object.fromEntries(["a", "b", "c", "d"].filter(() => random.below(3) > 0).map((name) => [name, random.pick(VALUES)]));

/** Without the members that are null: to the server they are the same as none. */
const withoutNulls = (/** @type {any} */ record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));

test("an edit laid over the record that it was made on is what the user made of it", () => {
  for (let seed = 0; seed < 5_000; seed += 1) {
    const random = randomness(seed);
    const [before, after] = [withoutNulls(randomRecord(random)), randomRecord(random)];
    const edit = /** @type {any} */ ({ operation: "update", data: difference(before, after) });
    assert.deepEqual(overlay({ ...before, id: "x" }, [edit]), { ...withoutNulls(after), id: "x" }, `seed ${seed}`);
  }
});

test("an edit names nothing that is the same", () => {
  for (let seed = 0; seed < 5_000; seed += 1) {
    const random = randomness(seed);
    const [before, after] = [randomRecord(random), randomRecord(random)];
    for (const [name, value] of Object.entries(difference(before, after)))
      assert.ok(!isEqual(before[name] ?? null, value ?? null) || !(name in after), `seed ${seed}, ${name}`);
  }
});

test("two values are equal if their JSON is, in whatever order", () => {
  for (const left of VALUES)
    for (const right of VALUES) assert.equal(isEqual(left, structuredClone(right)), JSON.stringify(left) === JSON.stringify(right));
  assert.ok(isEqual({ a: 1, b: 2 }, { b: 2, a: 1 }));
  assert.ok(!isEqual({ a: undefined }, { b: undefined }));
});

test("the server gets neither its own members nor this device's", () => {
  assert.deepEqual(sendable({ id: "x", title: "A", version: 7, createdAt: "…", updatedAt: "…", userId: "u", _syncStatus: "pending" }), { title: "A" });
});

test("a delete leaves nothing, and a create after it begins anew", () => {
  const operations = /** @type {any} */ ([{ operation: "delete", data: {} }, { operation: "create", data: { title: "New" } }]);
  assert.equal(overlay({ id: "x", title: "Old", note: "n" }, operations.slice(0, 1)), null);
  assert.deepEqual(overlay({ id: "x", title: "Old", note: "n" }, operations), { title: "New" });
});

test("an update of what is not there changes nothing", () => {
  assert.equal(overlay(null, /** @type {any} */ ([{ operation: "update", data: { title: "A" } }])), null);
});

const about = { hasConflict: false, modified: 1, sweep: undefined };

test("a row keeps the server's copy while an edit waits", () => {
  const copy = { id: "x", title: "A", version: 7 };
  const row = makeRow("x", copy, /** @type {any} */ ([{ operation: "update", data: { title: "B" } }]), about);
  assert.equal(row?.title, "B");
  assert.equal(row?._syncStatus, "pending");
  assert.equal(row?._serverVersion, 7);
  assert.deepEqual(serverCopy(row ?? undefined), copy);
});

test("a row without edits is the copy", () => {
  const copy = { id: "x", title: "A", version: 7 };
  const row = makeRow("x", copy, [], about);
  assert.equal(row?._syncStatus, "synced");
  assert.deepEqual(serverCopy(row ?? undefined), copy);
});

test("nothing is left of a record without copy and edits", () => {
  assert.equal(makeRow("x", null, [], about), null);
});

test("the application sees no bookkeeping", () => {
  const row = makeRow("x", { id: "x", version: 1 }, /** @type {any} */ ([{ operation: "delete", data: {} }]), { ...about, sweep: 3 });
  assert.deepEqual(Object.keys(visible(/** @type {any} */ (row))).sort(), ["_lastModified", "_serverVersion", "_syncStatus", "id"]);
});
