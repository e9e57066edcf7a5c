// Tab stashes: sets of pages to come back to. Addresses that two devices add to one stash are both kept.

import { ago, h, list, notify, syncMark } from "./dom.js";

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function stashesView(db) {
  const name = h("input", { id: "stash-name", required: true, maxlength: "200", placeholder: "Reading list", autocomplete: "off" });
  const urls = h("textarea", { id: "stash-urls", rows: 3, required: true, placeholder: "One address per line", spellcheck: "false" });
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const lines = addresses(urls.value);
    if (lines.length === 0) return notify("There is no address that begins with http:// or https://.");
    await db.tabStashes.put({ windowId: name.value.trim(), urls: lines });
    name.value = urls.value = "";
  };
  const rows = h("ul", { class: "cards", "aria-label": "Stashes" });
  const empty = h("p", { class: "empty" }, "No stashes yet.");
  const end = db.tabStashes.subscribe({ sort: "-_lastModified" }, (/** @type {any[]} */ stashes) => {
    list(rows, stashes, ({ id }) => id, () => stashCard(db));
    empty.hidden = stashes.length > 0;
  });
  const element = h("section", {},
    h("h1", {}, "Tab stashes"),
    h("form", { class: "card", onsubmit: add },
      h("label", { for: "stash-name" }, "Name"), name, h("label", { for: "stash-urls" }, "Addresses"), urls, h("button", { class: "primary" }, "Stash")),
    empty, rows);
  return { element, end };
}

/** @param {string} text */
const addresses = (text) => [...new Set(text.split(/\s+/).filter((line) => /^https?:\/\//.test(line)))];

/** @param {any} db */
function stashCard(db) {
  /** @type {any} */
  let stash;
  const title = h("h2", {});
  const links = h("ul", { class: "links" });
  const mark = h("span", { class: "mark-slot" });
  const field = h("input", { type: "url", placeholder: "https://…", "aria-label": "Another address" });
  const addLink = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const [url] = addresses(field.value);
    if (!url) return;
    field.value = "";
    await db.tabStashes.update(stash.id, { urls: [...new Set([...stash.urls, url])] });
  };
  const remove = h("button", { type: "button", class: "quiet", onclick: () => db.tabStashes.delete(stash.id) }, "Delete");
  const element = h("li", { class: "card" }, h("div", { class: "heading" }, title, mark), links,
    h("form", { class: "add", onsubmit: addLink }, field, h("button", {}, "Add"), remove));
  const update = (/** @type {any} */ now) => {
    stash = now;
    title.textContent = stash.windowId;
    remove.setAttribute("aria-label", `Delete ${stash.windowId}`);
    mark.replaceChildren(syncMark(stash), h("span", { class: "detail" }, ago(stash._lastModified)));
    // Only what is an address of the web: a stash comes from any of the user's devices.
    const safe = (stash.urls ?? []).filter((/** @type {string} */ url) => /^https?:\/\//.test(url));
    links.replaceChildren(...safe.map((/** @type {string} */ url) => h("li", {}, h("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, url))));
  };
  return { element, update };
}
