// The window of the extension: the same library as in a page, on the same records as in the background.

import { subject } from "./meelio-sync/token.js";
import { open, signIn } from "./session.js";

const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const server = chrome.runtime.getManifest().host_permissions[0].replace(/\/\*$/, "");

element("sign-in").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const token = element("sign-in").token.value.trim();
  const user = subject(token);
  if (user === null) {
    element("sign-in").token.setCustomValidity("That is no token.");
    element("sign-in").token.reportValidity();
    return;
  }
  await signIn({ url: `${server}/api/v1/sync`, user, token });
  await show();
});
element("sign-in").token.addEventListener("input", () => element("sign-in").token.setCustomValidity(""));

async function show() {
  const db = await open(30);
  element("sign-in").hidden = db !== null;
  element("app").hidden = db === null;
  if (!db) return;
  element("add").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    await db.tasks.put({ title: element("add").title.value });
    element("add").reset();
  });
  db.tasks.subscribe({ sort: "_lastModified" }, (/** @type {any[]} */ tasks) => element("tasks").replaceChildren(...tasks.map((task) => row(db, task))));
  const showStatus = () => {
    const { state, pending, conflicts } = db.status;
    element("status").textContent = [state, pending && `${pending} waiting`, conflicts && `${conflicts} to decide`].filter(Boolean).join(", ");
  };
  db.addEventListener("status", showStatus);
  showStatus();
}

/**
 * @param {any} db
 * @param {any} task
 */
function row(db, task) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: task.status === "completed" });
  box.addEventListener("change", () => db.tasks.update(task.id, { status: box.checked ? "completed" : "pending" }));
  const label = document.createElement("label");
  label.append(box, Object.assign(document.createElement("span"), { textContent: task.title }));
  const item = document.createElement("li");
  item.append(label);
  return item;
}

await show();
