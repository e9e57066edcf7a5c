// The database on this device: IndexedDB with promises. One for each user.

import { MeelioSyncError } from "./error.js";

/**
 * @typedef {import("./types.js").Operation} Operation
 */

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The stores of one user. */
export class Database {
  /**
   * @param {IDBDatabase} db
   * @param {string[]} entities
   */
  constructor(db, entities) {
    this.db = db;
    this.entities = entities;
    this.isClosed = false;
  }

  close() {
    this.isClosed = true;
    this.db.close();
  }

  /**
   * @param {string} name
   * @param {string[]} entities
   */
  static async open(name, entities) {
    let db = await Database.#request(indexedDB.open(name), entities);
    // An entity that is new to this device needs a new store, and a new version of the database for it.
    if (entities.some((entity) => !db.objectStoreNames.contains(entity))) {
      const version = db.version + 1;
      db.close();
      db = await Database.#request(indexedDB.open(name, version), entities);
    }
    return new Database(db, entities);
  }

  /**
   * @param {IDBOpenDBRequest} request
   * @param {string[]} entities
   */
  static async #request(request, entities) {
    request.onupgradeneeded = () => {
      const db = request.result;
      const make = (/** @type {string} */ name, /** @type {IDBObjectStoreParameters} */ options) =>
        db.objectStoreNames.contains(name) ? null : db.createObjectStore(name, options);
      for (const entity of entities) make(entity, { keyPath: "id" })?.createIndex("_syncStatus", "_syncStatus");
      make("syncQueue", { keyPath: "id", autoIncrement: true })?.createIndex("record", ["entity", "recordId"]);
      make("conflicts", { keyPath: "key" })?.createIndex("record", ["entity", "recordId"]);
      make("settings", {});
    };
    const db = await result(request);
    // Another tab has a newer application: let it go on.
    db.onversionchange = () => db.close();
    return db;
  }

  /**
   * Runs `body` in one transaction, which is stored whole or not at all. In `body` await requests of the transaction only:
   * it ends by itself when nothing of it is waited for.
   *
   * @template T
   * @param {string[]} stores
   * @param {IDBTransactionMode} mode
   * @param {(stores: Stores) => Promise<T>} body
   * @returns {Promise<T>}
   */
  async transaction(stores, mode, body) {
    /** @type {IDBTransaction} */
    let transaction;
    try {
      transaction = this.db.transaction([...new Set(stores)], mode);
    } catch (error) {
      throw new MeelioSyncError("closed", `The database of this device is closed: ${error}`);
    }
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(undefined);
      transaction.onabort = () => reject(Database.#notStored(transaction.error) ?? new Error("The transaction was given up."));
    });
    try {
      const value = await body(new Stores(transaction));
      await done;
      return value;
    } catch (error) {
      done.catch(() => {});
      try { transaction.abort(); } catch { /* it has ended by itself */ }
      throw Database.#sentence(error);
    }
  }

  /**
   * What could not be committed (https://www.w3.org/TR/IndexedDB/#commit-a-transaction): UnknownError stands for a failing disk, and
   * Chromium has DataError for one that has no room for a large value.
   *
   * @param {DOMException | null} error
   */
  static #notStored(error) {
    return error && ["UnknownError", "DataError"].includes(error.name) ? Database.#storageFull : error;
  }

  /** @param {any} error */
  static #sentence(error) {
    return error?.name === "QuotaExceededError" ? Database.#storageFull : error;
  }

  static get #storageFull() {
    return new MeelioSyncError("storage_full", "This device has no room left for the data. Remove something, or free space, and try again.");
  }
}

/** The stores within one transaction. */
export class Stores {
  /** @param {IDBTransaction} transaction */
  constructor(transaction) {
    this.transaction = transaction;
  }

  /** @param {string} name */
  of(name) {
    return this.transaction.objectStore(name);
  }

  get queue() { return this.of("syncQueue"); }
  get conflicts() { return this.of("conflicts"); }
  get settings() { return this.of("settings"); }

  /**
   * @param {string} name
   * @returns {Promise<any>}
   */
  setting(name) {
    return result(this.settings.get(name));
  }

  /**
   * @param {string} entity
   * @param {string} id
   * @returns {Promise<Operation[]>}
   */
  operations(entity, id) {
    return result(this.queue.index("record").getAll([entity, id]));
  }
}

/**
 * What a transaction names that may touch anything.
 *
 * @param {Database} database
 */
export function allStores(database) {
  return [...database.entities, "syncQueue", "conflicts", "settings"];
}
