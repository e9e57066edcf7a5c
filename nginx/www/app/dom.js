// Elements without a framework.

/**
 * @typedef {Record<string, any>} Properties  `class`, attributes, and listeners as `onclick`
 * @typedef {Node | string | null | false | undefined} Child
 */

/**
 * An element: `h("button", { class: "plain", onclick }, "Save")`.
 *
 * @param {string} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {any}  an HTMLElement of that tag
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") /** @type {any} */ (element)[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined).map((child) => /** @type {Node | string} */ (child)));
  return element;
}

/**
 * Makes the children of `container` those of `items`, in order. What is there for an item already is kept and brought up to date, so
 * that nobody loses the field in which they type.
 *
 * @template Item
 * @param {any} container  an element that nobody else fills
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => {element: HTMLElement, update: (item: Item) => void}} make
 */
export function list(container, items, keyOf, make) {
  /** @type {Map<string, {element: HTMLElement, update: (item: Item) => void}>} */
  const before = container.parts ?? new Map();
  const after = new Map(items.map((item) => [keyOf(item), before.get(keyOf(item)) ?? make(item)]));
  for (const [key, { element }] of before) if (!after.has(key)) element.remove();
  items.forEach((item, index) => {
    const part = /** @type {any} */ (after.get(keyOf(item)));
    part.update(item);
    if (container.children[index] !== part.element) container.insertBefore(part.element, container.children[index] ?? null);
  });
  container.parts = after;
}

/**
 * Puts `value` into a field, unless somebody is typing there.
 *
 * @param {any} field
 * @param {any} value
 */
export function fill(field, value) {
  if (document.activeElement !== field && field.value !== String(value ?? "")) field.value = value ?? "";
}

/**
 * Calls `body` when it has not been called for a while.
 *
 * @param {number} milliseconds
 * @param {() => void} body
 */
export function debounce(milliseconds, body) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const debounced = () => {
    clearTimeout(timer);
    timer = setTimeout(body, milliseconds);
  };
  debounced.now = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    body();
  };
  return debounced;
}

/**
 * Tells something for a while, with a button to take it back.
 *
 * @param {string} text
 * @param {() => unknown} [undo]
 */
export function notify(text, undo) {
  const notice = h("div", { class: "notice" }, h("span", {}, text));
  if (undo) notice.append(h("button", { type: "button", class: "quiet", onclick: async () => { notice.remove(); await undo(); } }, "Undo"));
  document.getElementById("notices")?.append(notice);
  setTimeout(() => notice.remove(), 8_000);
}

/**
 * How long ago: "just now", "5 minutes ago".
 *
 * @param {number | null} time  milliseconds since 1970
 */
export function ago(time) {
  if (time === null) return "never";
  const seconds = Math.round((Date.now() - time) / 1_000);
  if (seconds < 45) return "just now";
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (seconds < 3_600) return format.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86_400) return format.format(-Math.round(seconds / 3_600), "hour");
  return format.format(-Math.round(seconds / 86_400), "day");
}

/**
 * What a record's state looks like; nothing if the server has it.
 *
 * @param {any} record
 */
export function syncMark(record) {
  if (record._syncStatus === "pending") return h("span", { class: "mark pending", title: "Not sent yet" }, "not sent");
  if (record._syncStatus === "conflict") return h("a", { class: "mark conflict", href: "#conflicts", title: "Two devices disagree" }, "conflict");
  return h("span", { class: "mark" });
}

let count = 0;

/**
 * An id that nothing else on the page has.
 *
 * @param {string} prefix
 */
export const unique = (prefix) => `${prefix}-${++count}`;
