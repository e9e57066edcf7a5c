// The line at the top: is there a connection, what waits, when everything was there last.

import { ago, h } from "./dom.js";

const WORDS = {
  idle: "Up to date", syncing: "Synchronising", offline: "Offline", waiting: "Cannot reach the server", unauthorized: "Signed out", failed: "Something is wrong",
};

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function statusLine(db) {
  const dot = h("span", { class: "dot", "aria-hidden": "true" });
  const word = h("strong", { role: "status" });
  const detail = h("span", { class: "detail" });
  const bar = h("progress", { "aria-label": "Records received", hidden: true });
  const button = h("button", { type: "button", class: "quiet", onclick: () => db.sync() }, "Sync now");
  const element = h("div", { class: "status-line" }, dot, h("span", { class: "words" }, word, detail), bar, button);

  const show = () => {
    const { state, pending, conflicts, lastSync, progress, retryAt, error } = db.status;
    dot.dataset.state = state;
    if (word.textContent !== WORDS[/** @type {keyof WORDS} */ (state)]) word.textContent = WORDS[/** @type {keyof WORDS} */ (state)];
    const parts = [];
    if (pending > 0) parts.push(`${pending} not sent`);
    if (conflicts > 0) parts.push(`${conflicts} to settle`);
    if (progress) parts.push(progress.total ? `${progress.received} of ${progress.total} records` : `${progress.received} records`);
    else if (state === "waiting" && retryAt) parts.push(`next try in ${Math.max(1, Math.round((retryAt - Date.now()) / 1_000))} s`);
    else parts.push(lastSync === null ? "never synchronised" : `last ${ago(lastSync)}`);
    detail.textContent = parts.join(" · ");
    element.title = error ?? "";
    bar.hidden = !progress;
    if (progress) Object.assign(bar, { max: progress.total ?? progress.received, value: progress.received });
    button.disabled = state === "syncing" || state === "offline";
  };
  db.addEventListener("status", show);
  const timer = setInterval(show, 1_000);
  show();
  return { element, end: () => { clearInterval(timer); db.removeEventListener("status", show); } };
}
