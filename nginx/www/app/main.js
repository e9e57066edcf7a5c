// The page: who is signed in, which view is open, and the service worker that lets it start offline.

import { MeelioSync } from "../meelio-sync.js";
import { subject } from "../meelio-sync/token.js";
import { blockersView } from "./blockers.js";
import { conflictsView } from "./conflicts.js";
import { devicesView } from "./devices.js";
import { h } from "./dom.js";
import { notesView } from "./notes.js";
import { forgetToken, signIn, storedToken } from "./session.js";
import { stashesView } from "./stashes.js";
import { statusLine } from "./status.js";
import { tasksView } from "./tasks.js";
import { timerView } from "./timer.js";

const ENTITIES = ["tasks", "notes", "siteBlockers", "tabStashes", "pomodoroSettings", "focusSessions"];

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const nav = /** @type {HTMLElement} */ (document.getElementById("views"));

/**
 * @param {string} user
 * @param {string} [device]
 */
const open = (user, device) =>
  MeelioSync.open({ url: new URL("api/v1/sync", document.baseURI).href, user, device, token: () => storedToken() ?? "", entities: ENTITIES, syncFrequency: 5 });

/** @returns {Promise<void>} */
async function start() {
  const token = storedToken() ?? (await signIn(main));
  const user = subject(token);
  if (user === null) {
    forgetToken();
    return start();
  }
  const db = await open(user);
  Object.assign(window, { db });
  document.getElementById("status")?.replaceChildren(statusLine(db).element, h("span", { class: "user" }, user, signOutButton(db)));
  showViews(db, user);
  askAgainWhenRefused(db);
}

/**
 * @param {any} db
 * @param {string} user
 */
function showViews(db, user) {
  /** @type {Record<string, [string, (db: any) => {element: HTMLElement, end: () => void}]>} */
  const views = {
    tasks: ["Tasks", tasksView], notes: ["Notes", notesView], blockers: ["Blockers", blockersView], stashes: ["Stashes", stashesView],
    focus: ["Focus", timerView], conflicts: ["Conflicts", conflictsView],
    devices: ["Devices", (db) => devicesView(db, (name) => open(user, name))],
  };
  /** @type {{element: HTMLElement, end: () => void} | null} */
  let current = null;
  const links = Object.entries(views).map(([name, [label]]) => h("a", { href: `#${name}` }, label));
  nav.replaceChildren(...links);
  const route = () => {
    const name = location.hash.slice(1) in views ? location.hash.slice(1) : "tasks";
    current?.end();
    const [label, view] = views[name];
    current = view(db);
    main.replaceChildren(current.element);
    document.title = `${label} · Meelio`;
    for (const link of links) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (document.activeElement !== document.body) main.focus({ preventScroll: true });
  };
  const badge = h("span", { class: "badge", hidden: true });
  links[Object.keys(views).indexOf("conflicts")].append(" ", badge);
  const count = () => { badge.hidden = db.status.conflicts === 0; badge.textContent = db.status.conflicts; };
  db.addEventListener("status", count);
  count();
  addEventListener("hashchange", route);
  document.querySelector(".skip")?.addEventListener("click", (event) => {
    // The fragment names the view.
    event.preventDefault();
    main.focus();
  });
  route();
}

/** @param {any} db */
function askAgainWhenRefused(db) {
  let isAsking = false;
  db.addEventListener("status", async () => {
    if (db.status.state !== "unauthorized" || isAsking) return;
    isAsking = true;
    const dialog = h("dialog", { class: "card", "aria-label": "Sign in again" });
    document.body.append(dialog);
    dialog.showModal();
    await signIn(dialog, `${db.status.error} Your edits are kept.`);
    dialog.remove();
    isAsking = false;
    db.tokenChanged();
  });
}

/** @param {any} db */
function signOutButton(db) {
  const leave = async (/** @type {boolean} */ keep) => {
    await db.logout({ keep });
    forgetToken();
    location.replace(location.pathname);
  };
  const ask = () => {
    const { pending } = db.status;
    const dialog = h("dialog", { class: "card", "aria-label": "Sign out" },
      h("h2", {}, "Sign out"),
      h("p", {}, pending > 0 ? `${pending} edits have not reached the server. If the records are removed, they are lost.` : "The server has everything."),
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.remove() }, "Stay"),
        h("button", { type: "button", onclick: () => leave(true) }, "Keep the records here"),
        h("button", { type: "button", class: "primary", onclick: () => leave(false) }, "Remove them")));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  return h("button", { type: "button", class: "quiet", onclick: ask }, "Sign out");
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js");
start();
