// Two devices side by side, each with a database of its own and a switch for its network: the way to watch a conflict arise and be
// settled. They are devices like any other; what they do is real, and the records are those of the signed-in user.

import { h } from "./dom.js";
import { conflictsView } from "./conflicts.js";
import { notesView } from "./notes.js";
import { statusLine } from "./status.js";
import { tasksView } from "./tasks.js";

/**
 * @param {any} db
 * @param {(name: string) => Promise<any>} openDevice  the same user's records on another device
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function devicesView(db, openDevice) {
  let isEnded = false;
  /** @type {(() => void)[]} */
  const ends = [];
  const devices = h("div", { class: "devices" });
  const element = h("section", { class: "wide" },
    h("h1", {}, "Two devices"),
    h("p", {}, "Take both offline, change the text of one note on each, and bring them back: one of them gets a conflict to settle."),
    devices);
  const start = async () => {
    for (const name of ["Laptop", "Phone"]) {
      const device = await openDevice(name);
      if (isEnded) return device.close();
      const panel = devicePanel(device, name);
      ends.push(panel.end, () => device.close());
      devices.append(panel.element);
    }
  };
  start();
  return { element, end: () => { isEnded = true; for (const end of ends) end(); } };
}

/**
 * @param {any} device
 * @param {string} name
 */
function devicePanel(device, name) {
  const toggle = h("input", { type: "checkbox", role: "switch", "aria-label": `${name} is online`, checked: true });
  toggle.addEventListener("change", () => device.workOffline(!toggle.checked));
  const status = statusLine(device);
  const parts = [conflictsView(device), tasksView(device), notesView(device)];
  const element = h("article", { class: "device", "aria-label": name },
    h("header", {}, h("h2", {}, name), h("label", { class: "switch" }, toggle, h("span", {}, "Online"))),
    status.element, parts.map(({ element }) => element));
  return { element, end: () => { status.end(); for (const { end } of parts) end(); } };
}
