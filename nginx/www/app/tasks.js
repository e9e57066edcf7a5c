// Tasks: what is to be done.

import { fill, h, list, notify, syncMark, unique } from "./dom.js";

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function tasksView(db) {
  const id = unique("new-task");
  const field = h("input", { id, name: "title", maxlength: "500", required: true, placeholder: "What is to be done?", autocomplete: "off" });
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const title = field.value.trim();
    if (!title) return;
    field.value = "";
    await db.tasks.put({ title, status: "pending", isFocus: false });
  };
  const open = h("ul", { class: "rows", "aria-label": "Open tasks" });
  const done = h("ul", { class: "rows", "aria-label": "Completed tasks" });
  const empty = h("p", { class: "empty" }, "Nothing to do.");
  const doneHeading = h("h2", {}, "Completed");
  const end = db.tasks.subscribe({ sort: "createdAt" }, (/** @type {any[]} */ tasks) => {
    const [isDone, isOpen] = [tasks.filter(({ status }) => status === "completed"), tasks.filter(({ status }) => status !== "completed")];
    list(open, isOpen, ({ id }) => id, () => taskRow(db));
    list(done, isDone, ({ id }) => id, () => taskRow(db));
    empty.hidden = isOpen.length > 0;
    doneHeading.hidden = isDone.length === 0;
  });
  const element = h("section", {},
    h("h1", {}, "Tasks"),
    h("form", { class: "add", onsubmit: add }, h("label", { class: "unseen", for: id }, "New task"), field, h("button", { class: "primary" }, "Add")),
    empty, open, doneHeading, done);
  return { element, end };
}

/** @param {any} db */
function taskRow(db) {
  /** @type {any} */
  let task;
  const box = h("input", { type: "checkbox", onchange: () => db.tasks.update(task.id, { status: box.checked ? "completed" : "pending" }) });
  const title = h("input", { class: "inline", maxlength: "500", onchange: () => rename() });
  const rename = async () => {
    const text = title.value.trim();
    if (text) await db.tasks.update(task.id, { title: text });
    else title.value = task.title;
  };
  title.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") title.blur(); });
  const star = h("button", { type: "button", class: "icon star", onclick: () => db.tasks.update(task.id, { isFocus: !task.isFocus }) }, "★");
  const remove = h("button", { type: "button", class: "icon", onclick: () => removeTask() }, "✕");
  const removeTask = async () => {
    const { id, title, description, category, isFocus, status, dueDate } = task;
    await db.tasks.delete(id);
    notify(`“${title}” was deleted.`, () => db.tasks.put({ id, title, description, category, isFocus, status, dueDate }));
  };
  const mark = h("span", { class: "mark-slot" });
  const element = h("li", { class: "row" }, box, title, mark, star, remove);
  const update = (/** @type {any} */ now) => {
    task = now;
    box.checked = task.status === "completed";
    box.setAttribute("aria-label", `Done: ${task.title}`);
    title.setAttribute("aria-label", `Title of ${task.title}`);
    fill(title, task.title);
    star.setAttribute("aria-pressed", String(task.isFocus === true));
    star.setAttribute("aria-label", `Focus on ${task.title}`);
    remove.setAttribute("aria-label", `Delete ${task.title}`);
    mark.replaceChildren(syncMark(task));
  };
  return { element, update };
}
