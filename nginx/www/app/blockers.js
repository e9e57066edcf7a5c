// Site blockers: pages that are out of bounds while one works. The server keeps an address once per user.

import { h, list, notify, syncMark } from "./dom.js";

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function blockersView(db) {
  const url = h("input", { id: "blocker-url", type: "url", required: true, placeholder: "https://news.example", autocomplete: "off" });
  const category = h("input", { id: "blocker-category", placeholder: "news", autocomplete: "off" });
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const known = await db.siteBlockers.query({ where: { url: url.value } });
    if (known.length > 0) return notify(`${url.value} is blocked already.`);
    await db.siteBlockers.put({ url: url.value, ...(category.value.trim() ? { category: category.value.trim() } : {}) });
    url.value = category.value = "";
    url.focus();
  };
  const rows = h("ul", { class: "rows", "aria-label": "Blocked sites" });
  const empty = h("p", { class: "empty" }, "Nothing is blocked.");
  const end = db.siteBlockers.subscribe({ sort: "url" }, (/** @type {any[]} */ blockers) => {
    list(rows, blockers, ({ id }) => id, () => blockerRow(db));
    empty.hidden = blockers.length > 0;
  });
  const element = h("section", {},
    h("h1", {}, "Site blockers"),
    h("form", { class: "add", onsubmit: add },
      h("label", { class: "unseen", for: "blocker-url" }, "Address"), url,
      h("label", { class: "unseen", for: "blocker-category" }, "Category"), category,
      h("button", { class: "primary" }, "Block")),
    empty, rows);
  return { element, end };
}

/** @param {any} db */
function blockerRow(db) {
  /** @type {any} */
  let blocker;
  const title = h("span", { class: "title" });
  const tag = h("span", { class: "tag" });
  const mark = h("span", { class: "mark-slot" });
  const remove = h("button", { type: "button", class: "icon", onclick: () => db.siteBlockers.delete(blocker.id) }, "✕");
  const element = h("li", { class: "row" }, title, tag, mark, remove);
  const update = (/** @type {any} */ now) => {
    blocker = now;
    title.textContent = blocker.url;
    tag.textContent = blocker.category ?? "";
    tag.hidden = !blocker.category;
    remove.setAttribute("aria-label", `Unblock ${blocker.url}`);
    mark.replaceChildren(syncMark(blocker));
  };
  return { element, update };
}
