// What is shown of all this: one status, the same in every tab.

import { result } from "./database.js";
import { isEqual } from "./records.js";

/**
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./types.js").Status} Status
 */

/** The status of this device, as the application sees it. */
export class StatusBoard {
  #database;
  #onChange;
  /** @type {Status} */
  #status = { state: "idle", pending: 0, conflicts: 0, lastSync: null, progress: null, retryAt: null, error: null };
  #counting = Promise.resolve();
  /** @type {Promise<void> | null} */
  #nextCount = null;

  /**
   * @param {Database} database
   * @param {(status: Status) => void} onChange
   */
  constructor(database, onChange) {
    this.#database = database;
    this.#onChange = onChange;
  }

  get status() {
    return { ...this.#status };
  }

  /** @param {Partial<Status>} changes */
  show(changes) {
    const before = this.#status;
    this.#status = { ...before, ...changes };
    if (!isEqual(before, this.#status)) this.#onChange(this.status);
  }

  /**
   * Takes over what another tab shows.
   *
   * @param {Status} status
   */
  adopt(status) {
    this.#status = status;
    this.#onChange(this.status);
  }

  /**
   * Looks again how much waits. Those who ask while a count has not begun share it: many edits at once are counted once.
   *
   * @returns {Promise<void>}
   */
  count() {
    this.#nextCount ??= this.#counting.then(() => {
      this.#nextCount = null;
      return (this.#counting = this.#countNow());
    });
    return this.#nextCount;
  }

  async #countNow() {
    if (this.#database.isClosed) return;
    await this.#database.transaction(["syncQueue", "conflicts", "settings"], "readonly", async (stores) => {
      const conflicts = await result(stores.conflicts.getAll());
      const choices = conflicts.filter(({ choice }) => choice).length;
      const pending = (await result(stores.queue.count())) + choices;
      const lastSync = (await stores.setting("lastSync")) ?? null;
      this.show({ pending, conflicts: conflicts.length - choices, lastSync });
    });
  }
}
