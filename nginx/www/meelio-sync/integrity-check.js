// Now and then: has this device what it should have? Docs/protocol.md, "Checking a device".

import { allStores, result } from "./database.js";
import { serverCopy } from "./records.js";
import { TouchedRecords } from "./touched-records.js";

const CHECK_INTERVAL = 24 * 3_600_000;
const PAGE_RECORDS = 1_000;

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./types.js").Values} Values
 */

/** Compares this device with the server. */
export class IntegrityCheck {
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

  async checkNowAndThen() {
    const last = await this.#database.transaction(["settings"], "readonly", (stores) => stores.setting("lastCheck"));
    if (Date.now() - (last ?? 0) > CHECK_INTERVAL) await this.check();
  }

  /**
   * Compares the copies with the server's records (Docs/protocol.md, "Checking a device"), and mends what differs.
   *
   * @returns {Promise<string[]>}  the entities that were mended
   */
  async check() {
    const body = await this.#database.transaction([...this.#database.entities, "settings"], "readonly", async (stores) => {
      /** @type {Values} */
      const entities = {};
      for (const entity of this.#database.entities) {
        const copies = (await result(stores.of(entity).getAll())).map(serverCopy).filter((copy) => copy?.version);
        entities[entity] = { count: copies.length, digest: digest(copies) };
      }
      return { timestamp: await stores.setting("head"), entities };
    });
    let { json: answer } = await this.#connection.send("/check", { body });
    const mismatched = answer.mismatched.filter((/** @type {string} */ entity) => this.#database.entities.includes(entity));
    if (mismatched.length > 0) await this.#readAnew(mismatched, answer);
    if (answer.upToDate) await this.#database.transaction(["settings"], "readwrite", (stores) => result(stores.settings.put(Date.now(), "lastCheck")));
    return mismatched;
  }

  /**
   * Reads all records of some entities, beside the device's own cursor.
   *
   * @param {string[]} entities
   * @param {any} answer  the first page
   */
  async #readAnew(entities, answer) {
    let number = 0;
    for (let isFirst = true; ; isFirst = false) {
      await this.#database.transaction(allStores(this.#database), "readwrite", async (stores) => {
        const sweep = (await stores.setting("sweep")) ?? { number: 0, isOn: false };
        if (isFirst) stores.settings.put({ ...sweep, number: (number = sweep.number + 1) }, "sweep");
        const touched = new TouchedRecords(stores, entities);
        await touched.takeOver(answer.serverChanges);
        await touched.writeAll(() => number);
        if (!answer.hasMore) await touched.sweep(number);
      });
      if (!answer.hasMore) break;
      const query = `cursor=${encodeURIComponent(answer.cursor)}&entities=${entities.join(",")}&limit=${PAGE_RECORDS}`;
      ({ json: answer } = await this.#connection.send(`/changes?${query}`));
    }
    this.#onChange(entities);
  }
}

/**
 * Docs/protocol.md, "Checking a device".
 *
 * @param {any[]} records
 */
export function digest(records) {
  let sum = 0;
  const encoder = new TextEncoder();
  for (const { id, version } of records) {
    let hash = 0x811c9dc5;
    for (const byte of encoder.encode(`${id}:${version}`)) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    sum = (sum + ((hash ^ (hash >>> 16)) >>> 0)) >>> 0;
  }
  return sum.toString(16).padStart(8, "0");
}
