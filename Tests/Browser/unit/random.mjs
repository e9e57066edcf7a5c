// Random values that come again with the same seed (mulberry32).

/** @param {number} seed */
export function randomness(seed) {
  let state = seed;
  const number = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (/** @type {number} */ limit) => Math.floor(number() * limit);
  const pick = (/** @type {any[]} */ values) => values[below(values.length)];
  return { below, pick };
}
