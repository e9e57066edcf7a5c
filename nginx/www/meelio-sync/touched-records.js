// The records that one transaction is about: read once, changed in memory, written back.

import { result } from "./database.js";
import { makeRow, serverCopy } from "./records.js";

/**
 * @typedef {import("./database.js").Stores} Stores
 * @typedef {import("./types.js").Row} Row
 */

/** One record that an answer speaks of, while the answer is stored. */
export class Touched {
  /**
   * @param {string} entity
   * @param {string} id
   * @param {Row | undefined} row
   */
  constructor(entity, id, row) {
    this.entity = entity;
    this.id = id;
    this.row = row;
    this.copy = serverCopy(row);
    this.modified = row?._lastModified ?? Date.now();
    /** A page has brought it, or this device has written it: it belongs to the full copy that is being read. */
    this.isBrought = false;
  }
}

/** The records that one transaction is about, each read once. */
export class TouchedRecords {
  /** @type {Map<string, Touched>} */
  #records = new Map();

  /**
   * @param {Stores} stores
   * @param {string[]} entities
   */
  constructor(stores, entities) {
    this.stores = stores;
    this.entities = entities;
  }

  get all() {
    return [...this.#records.values()];
  }

  /**
   * @param {string} entity
   * @param {string} id
   * @returns {Promise<Touched | null>}  null if this application does not use the entity
   */
  async record(entity, id) {
    if (!this.entities.includes(entity) || typeof id !== "string") return null;
    const key = JSON.stringify([entity, id]);
    let record = this.#records.get(key);
    if (!record) {
      record = new Touched(entity, id, await result(this.stores.of(entity).get(id)));
      this.#records.set(key, record);
    }
    return record;
  }

  /**
   * Takes over a page.
   *
   * @param {any[]} changes
   */
  async takeOver(changes) {
    for (const { entity, operation, data, timestamp } of changes) {
      const record = await this.record(entity, data.id);
      if (!record) continue;
      record.copy = operation === "delete" ? null : data;
      record.modified = Date.parse(timestamp);
      record.isBrought = true;
    }
  }

  /**
   * Writes the row of a record anew.
   *
   * @param {Touched} record
   * @param {number | undefined} sweep  the full copy that it belongs to
   */
  async write({ entity, id, copy, modified }, sweep) {
    const operations = await this.stores.operations(entity, id);
    const hasConflict = (await result(this.stores.conflicts.index("record").count([entity, id]))) > 0;
    const row = makeRow(id, copy, operations, { hasConflict, modified, sweep });
    if (row) this.stores.of(entity).put(row);
    else this.stores.of(entity).delete(id);
  }

  /**
   * Takes away what no page of a full copy has brought; pending edits stay.
   *
   * @param {number} number  the full copy's
   * @returns {Promise<string[]>}  the entities that have changed
   */
  async sweep(number) {
    const changed = new Set();
    for (const entity of this.entities) {
      for (const row of await result(this.stores.of(entity).getAll())) {
        if (row._sweep === number) continue;
        const record = new Touched(entity, row.id, row);
        record.copy = null;
        await this.write(record, number);
        changed.add(entity);
      }
    }
    return [...changed];
  }
}
