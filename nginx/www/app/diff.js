// What differs between two texts, word by word: the longest common subsequence (Myers 1986 would be faster; notes are short).

import { h } from "./dom.js";

/** Beyond this many words on either side only what begins and ends alike is taken as common. */
const LONGEST = 2_000;

/**
 * @typedef {{kind: "same" | "removed" | "added", text: string}} Piece
 *
 * @param {string} before
 * @param {string} after
 * @returns {Piece[]}
 */
export function difference(before, after) {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  /** @type {Piece[]} */
  const pieces = [];
  const push = (/** @type {Piece["kind"]} */ kind, /** @type {string} */ text) => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += text;
    else if (text) pieces.push({ kind, text });
  };
  push("same", a.slice(0, start).join(""));
  for (const [kind, text] of middle(a.slice(start, a.length - end), b.slice(start, b.length - end))) push(kind, text);
  push("same", a.slice(a.length - end).join(""));
  return pieces;
}

/** @param {string} text */
const words = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/**
 * @param {string[]} a
 * @param {string[]} b
 * @returns {[Piece["kind"], string][]}
 */
function middle(a, b) {
  if (a.length > LONGEST || b.length > LONGEST) return [["removed", a.join("")], ["added", b.join("")]];
  // lengths[i][j]: the longest common subsequence of a[i...] and b[j...].
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  /** @type {[Piece["kind"], string][]} */
  const pieces = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) pieces.push(["same", (j++, a[i++])]);
    else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) pieces.push(["removed", a[i++]]);
    else pieces.push(["added", b[j++]]);
  }
  return pieces;
}

/**
 * One side of a difference, with what the other has not marked.
 *
 * @param {Piece[]} pieces
 * @param {"removed" | "added"} side
 */
export function marked(pieces, side) {
  return h("span", { class: "text" }, pieces.filter(({ kind }) => kind === "same" || kind === side).map(({ kind, text }) =>
    kind === "same" ? text : h("mark", { class: side }, text)));
}
