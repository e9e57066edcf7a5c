// Notes: a list and an editor. What is typed is stored by itself, a moment after the last key.

import { ago, debounce, fill, h, list, notify, syncMark } from "./dom.js";

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function notesView(db) {
  /** @type {string | null} */
  let chosen = null;
  /** @type {any[]} */
  let notes = [];
  const rows = h("ul", { class: "rows picks", "aria-label": "Notes" });
  const title = h("input", { maxlength: "500", "aria-label": "Title" });
  const content = h("textarea", { rows: 14, "aria-label": "Text" });
  const mark = h("span", { class: "mark-slot" });
  const remove = h("button", { type: "button", class: "quiet" }, "Delete");
  const editor = h("div", { class: "card editor", hidden: true }, title, content, h("div", { class: "buttons" }, mark, remove));
  const empty = h("p", { class: "empty" }, "No notes yet.");

  const save = debounce(400, async () => {
    if (chosen === null) return;
    const changes = { title: title.value.trim() || "Untitled", content: content.value };
    await db.notes.update(chosen, changes).catch(() => notify("The note is gone: it was deleted on another device."));
  });
  for (const field of [title, content]) field.addEventListener("input", save);
  const choose = (/** @type {string | null} */ id) => {
    save.now();
    chosen = id;
    const note = notes.find((note) => note.id === id);
    if (note) [title.value, content.value] = [note.title ?? "", note.content ?? ""];
    show();
  };
  const show = () => {
    list(rows, notes, ({ id }) => id, () => noteRow(choose));
    for (const row of rows.children) row.firstElementChild.setAttribute("aria-current", String(row.dataset.id === chosen));
    const note = notes.find(({ id }) => id === chosen);
    editor.hidden = !note;
    empty.hidden = notes.length > 0;
    if (!note) return;
    fill(title, note.title);
    fill(content, note.content);
    mark.replaceChildren(syncMark(note), h("span", { class: "detail" }, `changed ${ago(note._lastModified)}`));
  };
  const add = async () => {
    const note = await db.notes.put({ title: "Untitled", content: "" });
    notes = await db.notes.query({ sort: "-_lastModified" });
    choose(note.id);
    title.select();
  };
  remove.addEventListener("click", async () => {
    const note = notes.find(({ id }) => id === chosen);
    if (!note) return;
    chosen = null;
    await db.notes.delete(note.id);
    notify(`“${note.title}” was deleted.`, () => db.notes.put({ id: note.id, title: note.title, content: note.content }));
  });
  const end = db.notes.subscribe({ sort: "-_lastModified" }, (/** @type {any[]} */ now) => { notes = now; show(); });
  const element = h("section", {},
    h("div", { class: "heading" }, h("h1", {}, "Notes"), h("button", { type: "button", class: "primary", onclick: add }, "New note")),
    empty, h("div", { class: "columns" }, rows, editor));
  return { element, end: () => { save.now(); end(); } };
}

/** @param {(id: string) => void} choose */
function noteRow(choose) {
  const title = h("span", { class: "title" });
  const mark = h("span", { class: "mark-slot" });
  const element = h("li", { class: "row" }, h("button", { type: "button", class: "pick", onclick: () => choose(element.dataset.id) }, title, mark));
  const update = (/** @type {any} */ note) => {
    element.dataset.id = note.id;
    title.textContent = note.title;
    mark.replaceChildren(syncMark(note));
  };
  return { element, update };
}
