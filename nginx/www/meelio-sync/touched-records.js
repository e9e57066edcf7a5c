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
  /** @type {Map<string, Promise<Touched>>} */
  #records = new Map();
  /** @type {Map<string, Promise<boolean>>} */
  #isFilled = new Map();

  /**
   * @param {Stores} stores
   * @param {string[]} entities
   */
  constructor(stores, entities) {
    this.stores = stores;
    this.entities = entities;
  }

  /** @returns {Promise<Touched[]>} */
  all() {
    return Promise.all(this.#records.values());
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
      record = result(this.stores.of(entity).get(id)).then((row) => new Touched(entity, id, row));
      this.#records.set(key, record);
    }
    return record;
  }

  /**
   * Reads many at once, which is several times faster than one after the other.
   *
   * @param {{entity: string, id: string}[]} records
   */
  async read(records) {
    await Promise.all(records.map(({ entity, id }) => this.record(entity, id)));
  }

  /**
   * Takes over a page.
   *
   * @param {any[]} changes
   */
  async takeOver(changes) {
    await this.read(changes.map(({ entity, data }) => ({ entity, id: data.id })));
    for (const { entity, operation, data, timestamp } of changes) {
      const record = await this.record(entity, data.id);
      if (!record) continue;
      record.copy = operation === "delete" ? null : data;
      record.modified = Date.parse(timestamp);
      record.isBrought = true;
    }
  }

  /**
   * Writes the rows of all of them anew.
   *
   * @param {(record: Touched) => number | undefined} sweepOf  the full copy that a record belongs to
   * @returns {Promise<string[]>}  the entities that have changed
   */
  async writeAll(sweepOf = (record) => record.row?._sweep) {
    const records = await this.all();
    await Promise.all(records.map((record) => this.write(record, sweepOf(record))));
    return [...new Set(records.map(({ entity }) => entity))];
  }

  /**
   * Writes the row of a record anew.
   *
   * @param {Touched} record
   * @param {number | undefined} sweep
   */
  async write({ entity, id, copy, modified }, sweep) {
    const operations = (await this.#hasAny("syncQueue")) ? await this.stores.operations(entity, id) : [];
    const hasConflict = (await this.#hasAny("conflicts")) && (await result(this.stores.conflicts.index("record").count([entity, id]))) > 0;
    const row = makeRow(id, copy, operations, { hasConflict, modified, sweep });
    if (row) this.stores.of(entity).put(row);
    else this.stores.of(entity).delete(id);
  }

  /**
   * Most of the time there is nothing to look up. Asked after the transaction has changed these stores.
   *
   * @param {"syncQueue" | "conflicts"} name
   * @returns {Promise<boolean>}
   */
  #hasAny(name) {
    let answer = this.#isFilled.get(name);
    if (!answer) this.#isFilled.set(name, (answer = result(this.stores.of(name).count()).then((count) => count > 0)));
    return answer;
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
      const old = (await result(this.stores.of(entity).getAll())).filter(({ _sweep }) => _sweep !== number);
      for (const row of old) {
        const record = new Touched(entity, row.id, row);
        record.copy = null;
        await this.write(record, number);
        changed.add(entity);
      }
    }
    return [...changed];
  }
}
