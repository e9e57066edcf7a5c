// What the application works with: db.tasks.

import { result } from "./database.js";
import { MeelioSyncError } from "./error.js";
import { difference, isEqual, makeRow, overlay, sendable, serverCopy, visible } from "./records.js";

/**
 * @typedef {import("./types.js").Query} Query
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Values} Values
 * @typedef {import("../meelio-sync.js").MeelioSync} MeelioSync
 */

/** The records of one entity. */
export class Collection {
  /**
   * @param {MeelioSync} db
   * @param {string} entity
   */
  constructor(db, entity) {
    this.db = db;
    this.entity = entity;
  }

  /**
   * @param {string} id
   * @returns {Promise<Row | undefined>}
   */
  async get(id) {
    const row = await this.db.database.transaction([this.entity], "readonly", (stores) => result(stores.of(this.entity).get(id)));
    return row && !row._deleted ? visible(row) : undefined;
  }

  /**
   * @param {Query} [query]
   * @returns {Promise<Row[]>}
   */
  async query(query = {}) {
    const { where, sort, limit } = query;
    /** @type {Row[]} */
    const all = await this.db.database.transaction([this.entity], "readonly", (stores) => result(stores.of(this.entity).getAll()));
    const matches = typeof where === "function" ? where : (/** @type {Row} */ row) =>
      Object.entries(where ?? {}).every(([name, value]) => isEqual(row[name] ?? null, value ?? null));
    let rows = all.filter((row) => !row._deleted && matches(row)).map(visible);
    if (sort) {
      const [name, sign] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
      const rank = (/** @type {any} */ value) => (value === undefined || value === null ? 1 : 0);
      rows.sort((a, b) => rank(a[name]) - rank(b[name]) || sign * (a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0));
    }
    return limit === undefined ? rows : rows.slice(0, limit);
  }

  /**
   * Stores a whole record: a new one, or in the place of the one with this `id`.
   *
   * @param {Values} record
   * @returns {Promise<Row>}  as it is stored now, with its id
   */
  async put(record) {
    const id = record.id ?? crypto.randomUUID();
    return this.#edit(id, (row, view) => {
      const data = sendable(record);
      if (!view) return { operation: "create", data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) };
      const patch = difference(sendable(view), data);
      return Object.keys(patch).length === 0 ? null : { operation: "update", data: patch };
    });
  }

  /**
   * Changes some members of a record; null and undefined remove one.
   *
   * @param {string} id
   * @param {Values} changes
   * @returns {Promise<Row>}
   * @throws {MeelioSyncError} `not_found`
   */
  async update(id, changes) {
    return this.#edit(id, (row, view) => {
      if (!view) throw new MeelioSyncError("not_found", `There is no record '${id}' in '${this.entity}'.`);
      const patch = difference(sendable(view), { ...sendable(view), ...sendable(changes) });
      return Object.keys(patch).length === 0 ? null : { operation: "update", data: patch };
    });
  }

  /**
   * Deletes a record; nothing happens if there is none.
   *
   * @param {string} id
   * @returns {Promise<void>}
   */
  async delete(id) {
    await this.#edit(id, (row, view) => (view ? { operation: "delete", data: {} } : null));
  }

  /**
   * Calls `listener` with the records, now and whenever they have changed, in this tab, in another one or on another device.
   *
   * @param {Query | ((rows: Row[]) => void)} query
   * @param {(rows: Row[]) => void} [listener]
   * @returns {() => void}  ends it
   */
  subscribe(query, listener) {
    const [wanted, notify] = typeof query === "function" ? [{}, query] : [query, listener ?? (() => {})];
    let isEnded = false;
    let latest = 0;
    const deliver = async () => {
      const turn = ++latest;
      const rows = await this.query(wanted).catch(() => null);
      // A later change has made another query necessary, whose answer is newer.
      if (rows && !isEnded && turn === latest) notify(rows);
    };
    const changed = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail.includes(this.entity)) deliver();
    };
    this.db.addEventListener("change", changed);
    deliver();
    return () => {
      isEnded = true;
      this.db.removeEventListener("change", changed);
    };
  }

  /**
   * One edit: the row and its entry in the queue, in one transaction.
   *
   * @param {string} id
   * @param {(row: Row | undefined, view: Row | null) => {operation: "create" | "update" | "delete", data: Values} | null} decide
   * @returns {Promise<Row>}
   */
  async #edit(id, decide) {
    const now = Date.now();
    const stores = [this.entity, "syncQueue", "conflicts"];
    const [row, hasChanged] = await this.db.database.transaction(stores, "readwrite", async (stores) => {
      const before = await result(stores.of(this.entity).get(id));
      const edit = decide(before, before && !before._deleted ? before : null);
      if (!edit) return [before, false];
      let operations = await stores.operations(this.entity, id);
      const last = operations.at(-1);
      if (edit.operation === "create" && last?.operation === "delete" && last.lastRetry === null) {
        // The delete has not left this device: take it back, and edit what is there.
        await result(stores.queue.delete(/** @type {number} */ (last.id)));
        operations.pop();
        const view = overlay(serverCopy(before), operations);
        if (view) Object.assign(edit, { operation: "update", data: difference(sendable(view), edit.data) });
      }
      if (edit.operation !== "update" || Object.keys(edit.data).length > 0) {
        const operation = {
          opId: crypto.randomUUID(), entity: this.entity, recordId: id, operation: edit.operation, data: edit.data,
          baseVersion: before?._serverVersion ?? 0, follows: operations.at(-1)?.opId ?? null, timestamp: new Date(now).toISOString(), retryCount: 0, lastRetry: null,
        };
        await result(stores.queue.add(operation));
        operations.push(operation);
      }
      const hasConflict = (await result(stores.conflicts.index("record").count([this.entity, id]))) > 0;
      const row = makeRow(id, serverCopy(before), operations, { hasConflict, modified: now, sweep: before?._sweep });
      if (row) await result(stores.of(this.entity).put(row));
      else await result(stores.of(this.entity).delete(id));
      return [row, true];
    });
    if (hasChanged) await this.db.edited([this.entity]);
    return row ? visible(row) : { id };
  }
}
