// Conflicts: what a person has chosen goes to the server, and what other devices have settled comes back.

import { allStores, result } from "./database.js";
import { MeelioSyncError } from "./error.js";
import { localConflict } from "./records.js";
import { TouchedRecords } from "./touched-records.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./types.js").Conflict} Conflict
 * @typedef {import("./types.js").Values} Values
 */

/** Settles conflicts with the server. */
export class ConflictSettler {
  #database;
  #connection;
  #onChange;

  /**
   * @param {Database} database
   * @param {Connection} connection
   * @param {(entities: string[]) => void} onChange
   */
  constructor(database, connection, onChange) {
    this.#database = database;
    this.#connection = connection;
    this.#onChange = onChange;
  }

  /** Tells the server what was chosen. */
  async sendChoices() {
    const conflicts = await this.#database.transaction(["conflicts"], "readonly", (stores) => result(stores.conflicts.getAll()));
    for (const conflict of conflicts.filter(({ choice }) => choice)) await this.#sendChoice(conflict);
  }

  /** @param {Conflict} conflict */
  async #sendChoice({ choice, ...conflict }) {
    const deviceId = await this.#database.transaction(["settings"], "readonly", (stores) => stores.setting("deviceId"));
    const body = { ...choice, conflictId: conflict.key, serverVersion: conflict.serverVersion ?? 0, deviceId };
    /** @type {Conflict | null} */
    let left = null;
    /** @type {Values | null | undefined} */
    let record;
    try {
      const { status, json } = await this.#connection.send("/resolve", { body, accept: [200, 404, 409] });
      // The record has moved on since: the person has to look again.
      if (status === 409) left = localConflict({ ...json.conflict, key: conflict.key }, conflict.recordId);
      if (status === 200) record = json.record;
    } catch (error) {
      if (!(error instanceof MeelioSyncError) || error.code !== "refused") throw error;
      left = { ...conflict, message: error.message };
    }
    await this.#database.transaction(allStores(this.#database), "readwrite", async (stores) => {
      if (left) await result(stores.conflicts.put(left));
      else await result(stores.conflicts.delete(conflict.key));
      const touched = new TouchedRecords(stores, this.#database.entities);
      const ours = await touched.record(conflict.entity, conflict.recordId);
      if (!ours) return;
      if (record !== undefined) ours.copy = record?.deletedAt ? null : record;
      await touched.writeAll();
    });
    this.#onChange([conflict.entity]);
  }

  /** Takes over the server's list of open conflicts, those of the user's other devices among them. */
  async refresh() {
    /** @type {any[]} */
    const open = [];
    for (let cursor = "", hasMore = true; hasMore; ) {
      const { json } = await this.#connection.send(`/conflicts?state=open&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      open.push(...json.conflicts.filter((/** @type {any} */ { entity }) => this.#database.entities.includes(entity)));
      ({ cursor, hasMore } = json);
    }
    const changed = new Set();
    await this.#database.transaction(allStores(this.#database), "readwrite", async (stores) => {
      const known = new Map((await result(stores.conflicts.getAll())).map((conflict) => [conflict.key, conflict]));
      const touched = new TouchedRecords(stores, this.#database.entities);
      for (const conflict of open) {
        const local = localConflict({ ...conflict, key: conflict.conflictId }, conflict.data?.id);
        if (!known.delete(local.key)) await touched.record(local.entity, local.recordId);
        const before = await result(stores.conflicts.get(local.key));
        await result(stores.conflicts.put(before?.choice ? { ...local, choice: before.choice } : local));
      }
      for (const gone of known.values()) {
        if (gone.isRejected) continue;
        await result(stores.conflicts.delete(gone.key));
        await touched.record(gone.entity, gone.recordId);
      }
      for (const entity of await touched.writeAll()) changed.add(entity);
    });
    this.#onChange([...changed]);
  }
}
