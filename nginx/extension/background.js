// Synchronises while no window of the extension is open. The browser ends a service worker that has nothing to do, and its timers with
// it, so that an alarm wakes it up; what waits is in IndexedDB and outlives it.

import { open } from "./session.js";

const ALARM = "synchronise";
const MINUTES = 1;

// At each start of the worker, since alarms may be lost with the browser's session (https://developer.chrome.com/docs/extensions/reference/api/alarms).
chrome.alarms.get(ALARM).then((alarm) => {
  if (!alarm) return chrome.alarms.create(ALARM, { delayInMinutes: 0, periodInMinutes: MINUTES });
});

chrome.alarms.onAlarm.addListener(({ name }) => {
  if (name === ALARM) return synchronise();
});

// Somebody has signed in: not only in a minute.
chrome.storage.onChanged.addListener((changes) => {
  if (changes.account) return synchronise();
});

async function synchronise() {
  const db = await open(0);
  if (!db) return;
  try {
    const { state, pending, conflicts } = await db.sync();
    await chrome.storage.local.set({ status: { state, pending, conflicts, at: Date.now() } });
    await chrome.action.setBadgeText({ text: conflicts > 0 ? "!" : pending > 0 ? String(pending) : "" });
  } finally {
    db.close();
  }
}
