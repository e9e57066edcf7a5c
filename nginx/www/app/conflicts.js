// Edits that the server did not carry out: both versions field by field, and the choice between them.

import { h, list, notify, unique } from "./dom.js";
import { difference, marked } from "./diff.js";

const WORDS = {
  stale: "Another device changed this in the meantime.",
  exists: "Another device made one with the same identity.",
  deleted: "Another device deleted this in the meantime.",
  not_found: "The server does not have this record.",
  constraint: "There is one like it already.",
  validation: "The server cannot take this as it is.",
  too_large: "This is too large for the server.",
  over_quota: "There is no room left on the server for this.",
};

const ENTITIES = {
  tasks: "Task", notes: "Note", siteBlockers: "Site blocker", tabStashes: "Tab stash", pomodoroSettings: "Timer settings", focusSessions: "Focus session",
};

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function conflictsView(db) {
  const cards = h("ul", { class: "cards", "aria-label": "Conflicts" });
  const empty = h("p", { class: "empty" }, "Nothing to settle: all devices agree.");
  const show = async () => {
    const conflicts = await db.conflicts();
    // A conflict that the server has renewed is another question.
    list(cards, conflicts, ({ key, serverVersion }) => `${key}/${serverVersion}`, (conflict) => conflictCard(db, conflict));
    empty.hidden = conflicts.length > 0;
  };
  db.addEventListener("change", show);
  db.addEventListener("status", show);
  show();
  const element = h("section", { class: "conflicts" }, h("h1", {}, "Conflicts"), empty, cards);
  return { element, end: () => { db.removeEventListener("change", show); db.removeEventListener("status", show); } };
}

/**
 * @param {any} db
 * @param {any} conflict
 * @returns {{element: HTMLElement, update: () => void}}
 */
function conflictCard(db, conflict) {
  const title = conflict.serverData?.title || conflict.data?.title || conflict.serverData?.url || conflict.data?.url || "Untitled";
  // An edit of another device is nobody's here.
  const [mine, theirs] = conflict.deviceId === db.settings.deviceId ? ["Mine", "Theirs"] : ["The edit", "As it is"];
  const choices = conflictingFields(conflict).map((field) => fieldChoice(field, mine, theirs));
  const settle = async (/** @type {string} */ resolution, /** @type {any} */ data) => {
    const undo = await db.resolve(conflict.key, resolution, data);
    notify(`“${title}” is settled.`, undo);
  };
  /** @type {[string, () => Promise<void>][]} */
  const buttons = [];
  const chosen = () => Object.fromEntries(choices.map(({ name, value }) => [name, value()]));
  if (conflict.type === "deleted") {
    buttons.push(["Leave it deleted", () => settle("server")]);
    if (conflict.operation !== "delete") buttons.push(["Bring it back with my edit", () => settle("client")]);
  } else if (conflict.isRejected || conflict.type === "constraint" || conflict.type === "not_found") {
    buttons.push(["Give up my edit", () => settle("server")]);
    if (choices.length > 0) buttons.push(["Try again", () => settle("merged", chosen())]);
  } else {
    const isMine = mine === "Mine";
    buttons.push([isMine ? "Keep theirs" : "Leave it as it is", () => settle("server")], [isMine ? "Keep mine" : "Take the edit", () => settle("client")]);
    if (choices.length > 0) buttons.push(["Save this choice", () => settle("merged", chosen())]);
  }
  const element = h("li", { class: "card conflict" },
    h("div", { class: "heading" }, h("h2", {}, String(title)), h("span", { class: "tag" }, ENTITIES[/** @type {keyof ENTITIES} */ (conflict.entity)] ?? conflict.entity)),
    h("p", {}, WORDS[/** @type {keyof WORDS} */ (conflict.type)] ?? conflict.message),
    (conflict.errors ?? []).map((/** @type {any} */ { path, message }) => h("p", { class: "fault" }, `${path}: ${message}`)),
    choices.map(({ element }) => element),
    h("div", { class: "buttons" }, buttons.map(([label, onclick], index) =>
      h("button", { type: "button", class: index === buttons.length - 1 ? "primary" : "", onclick, "aria-label": `${label}: ${title}` }, label))));
  return { element, update: () => {} };
}

/**
 * Where the two sides differ. The server says so of a concurrent edit; of a refused one all of the edit is shown.
 *
 * @param {any} conflict
 * @returns {{name: string, client: any, server: any}[]}
 */
function conflictingFields({ fields, data, serverData, operation }) {
  if (fields?.length > 0) return fields;
  if (operation === "delete") return [];
  return Object.keys(data ?? {}).filter((name) => name !== "id").map((name) => ({ name, client: data[name], server: serverData?.[name] }));
}

/**
 * One field: mine, theirs, or something of its own.
 *
 * @param {{name: string, client: any, server: any}} field
 * @param {string} mine  what to call the edit
 * @param {string} theirs  and the record
 */
function fieldChoice({ name, client, server }, mine, theirs) {
  const group = unique(name);
  const pieces = difference(shown(server), shown(client));
  const isText = typeof client === "string" || typeof server === "string";
  const own = h("textarea", { rows: Math.min(12, shown(client).split("\n").length + 1), "aria-label": `${name}, as I write it` });
  own.value = shown(client);
  const radio = (/** @type {string} */ value, /** @type {string} */ label, /** @type {Node} */ content, /** @type {boolean} */ checked) =>
    h("label", { class: "side" }, h("span", { class: "side-name" }, h("input", { type: "radio", name: group, value, checked }), label), content);
  const element = h("fieldset", { class: "field" }, h("legend", {}, name),
    h("div", { class: "sides" },
      radio("server", theirs, marked(pieces, "removed"), false),
      radio("client", mine, marked(pieces, "added"), true),
      isText && radio("own", "As I write it", own, false)));
  own.addEventListener("input", () => { element.querySelector("input[value=own]").checked = true; });
  const value = () => {
    const side = element.querySelector("input:checked")?.value ?? "client";
    return side === "server" ? server ?? null : side === "own" ? own.value : client;
  };
  return { name, element, value };
}

/** @param {any} value */
function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((element) => typeof element === "string")) return value.join("\n");
  return JSON.stringify(value, null, 1);
}
