// What the popup and the background share: the account, which lies in chrome.storage, and the user's records, which lie in IndexedDB.

import { MeelioSync } from "./meelio-sync.js";

const ENTITIES = ["tasks"];

/**
 * @typedef {{url: string, user: string, token: string}} Account
 */

/** @returns {Promise<Account | null>} */
export async function account() {
  return (await chrome.storage.local.get("account")).account ?? null;
}

/** @param {Account} account */
export async function signIn(account) {
  await chrome.storage.local.set({ account });
}

/**
 * Opens the account's records; null if nobody has signed in.
 *
 * @param {number} syncFrequency  seconds between two looks; 0 for who is woken up to synchronise
 */
export async function open(syncFrequency) {
  const current = await account();
  if (!current) return null;
  const { url, user } = current;
  // Asked for anew each time: somebody may have signed in again since.
  const token = async () => (await account())?.token ?? "";
  return MeelioSync.open({ url, user, token, entities: ENTITIES, syncFrequency });
}
