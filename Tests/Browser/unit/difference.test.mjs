import assert from "node:assert/strict";
import test from "node:test";
import { difference } from "../../../nginx/www/app/diff.js";
import { randomness } from "./random.mjs";

const WORDS = ["pack", "the", "tent", "boat", " ", "  ", "\n", ".", ",", "ü", "😀", "1"];

/** @param {ReturnType<typeof randomness>} random */
const randomText = (random) => Array.from({ length: random.below(30) }, () => random.pick(WORDS)).join("");

/**
 * @param {ReturnType<typeof difference>} pieces
 * @param {string} side
 */
const side = (pieces, side) => pieces.filter(({ kind }) => kind === "same" || kind === side).map(({ text }) => text).join("");

test("both texts can be read from their difference", () => {
  for (let seed = 0; seed < 3_000; seed += 1) {
    const random = randomness(seed);
    const [before, after] = [randomText(random), randomText(random)];
    const pieces = difference(before, after);
    assert.equal(side(pieces, "removed"), before, `seed ${seed}`);
    assert.equal(side(pieces, "added"), after, `seed ${seed}`);
  }
});

test("equal texts have no difference", () => {
  assert.deepEqual(difference("Pack the tent.", "Pack the tent."), [{ kind: "same", text: "Pack the tent." }]);
});

test("one word that was replaced is all that is marked", () => {
  assert.deepEqual(difference("Pack the tent.", "Pack the boat."), [
    { kind: "same", text: "Pack the " }, { kind: "removed", text: "tent" }, { kind: "added", text: "boat" }, { kind: "same", text: "." },
  ]);
});

test("long texts are compared at their ends only", () => {
  const long = (/** @type {string} */ word) => `begin ${`${word} `.repeat(5_000)}end`;
  assert.deepEqual(difference(long("a"), long("b")).map(({ kind }) => kind), ["same", "removed", "added", "same"]);
});
