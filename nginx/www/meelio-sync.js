// Meelio Sync for the browser: records in IndexedDB, edits that wait in a queue while offline, and the server's changes.
//
//     import { MeelioSync } from "./meelio-sync.js";
//
//     const db = await MeelioSync.open({ url: "/api/v1/sync", user: "alice", token: () => fetchToken(), entities: ["tasks", "notes"] });
//     await db.tasks.put({ title: "Buy milk" });
//     db.tasks.subscribe((tasks) => render(tasks));
//
// The rules are those of Docs/protocol.md, "What a client does". A row of a store is what the user sees: the server's copy with the
// pending edits laid over it. While there are such edits, the copy itself is kept in the row, as `_server`. A row also has
//
//     _syncStatus     "synced", "pending" or "conflict"
//     _lastModified   when it was changed last, in milliseconds since 1970, by this device's clock or the server's
//     _serverVersion  the version of the server's copy, 0 if there is none
//
// It runs in pages, in workers, and in the service worker of an extension. It loads nothing from anywhere.

import { Collection } from "./meelio-sync/collection.js";
import { ConflictSettler } from "./meelio-sync/conflict-settler.js";
import { Connection } from "./meelio-sync/connection.js";
import { Database, result } from "./meelio-sync/database.js";
import { MeelioSyncError } from "./meelio-sync/error.js";
import { IntegrityCheck } from "./meelio-sync/integrity-check.js";
import { Notices } from "./meelio-sync/notices.js";
import { overlay, sendable } from "./meelio-sync/records.js";
import { Schedule } from "./meelio-sync/schedule.js";
import { StatusBoard } from "./meelio-sync/status-board.js";
import { Synchroniser } from "./meelio-sync/synchroniser.js";

export { MeelioSyncError };

/**
 * @typedef {import("./meelio-sync/types.js").Choice} Choice
 * @typedef {import("./meelio-sync/types.js").Conflict} Conflict
 * @typedef {import("./meelio-sync/types.js").Options} Options
 * @typedef {import("./meelio-sync/types.js").Settings} Settings
 * @typedef {import("./meelio-sync/types.js").Status} Status
 * @typedef {import("./meelio-sync/types.js").Values} Values
 */

/** The records of one user on this device. It has a ``Collection`` per entity: `db.tasks`. */
export class MeelioSync extends EventTarget {
  /** @type {string | null} */
  #etag = null;
  /**
   * How many records a first sync brings.
   *
   * @type {number | null}
   */
  #total = null;

  /**
   * Opens the user's database on this device, and begins to synchronise.
   *
   * @param {Options} options
   * @returns {Promise<MeelioSync & Record<string, any>>}
   */
  static async open(options) {
    if (!globalThis.isSecureContext) throw new MeelioSyncError("refused", "Meelio Sync needs https, or a server on this machine.");
    const name = `meelio-sync/${options.user}${options.device ? `/${options.device}` : ""}`;
    const database = await Database.open(name, options.entities);
    const settings = await readSettings(database, options);
    const db = new MeelioSync(options, name, database, settings);
    await db.board.count();
    db.schedule.start();
    await db.#listen();
    return db;
  }

  /**
   * Use ``open``.
   *
   * @param {Options} options
   * @param {string} name
   * @param {Database} database
   * @param {Settings} settings
   */
  constructor(options, name, database, settings) {
    super();
    this.options = options;
    this.name = name;
    this.database = database;
    this.settings = settings;
    this.connection = new Connection(options.url, options.token);
    this.channel = new BroadcastChannel(name);
    this.channel.onmessage = ({ data }) => this.#heard(data);
    const announce = (/** @type {string[]} */ entities) => this.#announce(entities);
    this.synchroniser = new Synchroniser(database, this.connection, announce, (received) => this.#showProgress(received));
    this.settler = new ConflictSettler(database, this.connection, announce);
    this.integrity = new IntegrityCheck(database, this.connection, announce);
    this.board = new StatusBoard(database, (status) => this.#showStatus(status));
    this.schedule = new Schedule(this.board, settings, () => this.#hasNews(), () => this.#run());
    this.notices = new Notices(options.url, `${name}/notices`, (notice) => this.#noticed(notice));
    for (const entity of options.entities) Object.defineProperty(this, entity, { value: new Collection(this, entity), enumerable: true });
  }

  // ---- What the application asks for

  /** A copy; the event `status` tells of a change. */
  get status() {
    return this.board.status;
  }

  /**
   * Sends what waits and takes what is new, now.
   *
   * @returns {Promise<Status>}  how it went; it never throws for want of a server
   */
  async sync() {
    await this.schedule.sync();
    return this.status;
  }

  /**
   * The edits that the server did not carry out, the oldest first.
   *
   * @returns {Promise<Conflict[]>}
   */
  async conflicts() {
    const all = await this.database.transaction(["conflicts"], "readonly", (stores) => result(stores.conflicts.getAll()));
    return all.filter(({ choice }) => !choice);
  }

  /**
   * Settles a conflict: `server` leaves the record as it is, `client` carries the edit out after all, `merged` stores `data`.
   * Works offline too: the server is told with the next synchronisation.
   *
   * @param {string} key
   * @param {Choice["resolution"]} resolution
   * @param {Values} [data]
   * @returns {Promise<() => Promise<void>>}  takes it back: as if it had not been settled, or by an edit that brings the record back
   * @throws {MeelioSyncError} `not_found`
   */
  async resolve(key, resolution, data) {
    const conflict = await this.database.transaction(["conflicts"], "readonly", (stores) => result(stores.conflicts.get(key)));
    if (!conflict) throw new MeelioSyncError("not_found", `There is no conflict '${key}'.`);
    if (conflict.isRejected) return this.#settleRejected(conflict, resolution, data);
    await this.#choose(conflict, { resolution, ...(resolution === "merged" ? { data: sendable(data ?? {}) } : {}) });
    return async () => {
      const current = await this.database.transaction(["conflicts"], "readonly", (stores) => result(stores.conflicts.get(key)));
      if (current) return this.#choose(current, undefined);
      if (resolution === "server") return;
      const collection = this.#collection(conflict.entity);
      if (conflict.serverData) await collection.put({ ...conflict.serverData });
      else await collection.delete(conflict.recordId);
    };
  }

  /**
   * Shows this device what it would be without a network.
   *
   * @param {boolean} isOffline
   */
  workOffline(isOffline) {
    this.notices.pause(isOffline);
    this.schedule.workOffline(isOffline);
  }

  /**
   * Compares this device with the server and mends what differs.
   *
   * @returns {Promise<string[]>} the entities that were mended
   */
  async check() {
    await this.sync();
    return this.#alone(() => this.integrity.check());
  }

  /** @param {Partial<Settings>} changes */
  async set(changes) {
    Object.assign(this.settings, changes);
    await this.database.transaction(["settings"], "readwrite", async (stores) => {
      for (const [name, value] of Object.entries(changes)) await result(stores.settings.put(value, name));
    });
    await this.#listen();
    this.schedule.soon();
  }

  /** Asks the application for a token with the next request, after it was given another one. */
  tokenChanged() {
    this.connection.forgetToken();
    this.schedule.soon();
  }

  /** Ends this tab's part; the data stay. */
  close() {
    this.schedule.end();
    this.notices.end();
    this.channel.close();
    this.database.close();
  }

  /**
   * Ends the user's session on this device. `keep` leaves records and waiting edits for the next time; else they are
   * removed, and edits that the server does not have (`status.pending`) with them.
   *
   * @param {{keep: boolean}} how
   */
  async logout({ keep }) {
    this.channel.postMessage({ kind: "logout" });
    await this.schedule.settled();
    this.close();
    if (!keep) await result(/** @type {IDBRequest<any>} */ (indexedDB.deleteDatabase(this.name)));
  }

  /**
   * An edit was made in this tab; for ``Collection``.
   *
   * @param {string[]} entities
   */
  async edited(entities) {
    await this.#announce(entities);
    this.schedule.edited();
  }

  // ---- Conflicts

  /**
   * @param {string} entity
   * @returns {Collection}
   */
  #collection(entity) {
    return /** @type {any} */ (this)[entity];
  }

  /**
   * @param {Conflict} conflict
   * @param {Choice | undefined} choice
   */
  async #choose({ choice: _, ...conflict }, choice) {
    await this.database.transaction(["conflicts"], "readwrite", (stores) => result(stores.conflicts.put(choice ? { ...conflict, choice } : conflict)));
    await this.edited([conflict.entity]);
  }

  /**
   * The server does not know of it: give it up, or make the edit anew.
   *
   * @param {Conflict} conflict
   * @param {Choice["resolution"]} resolution
   * @param {Values} [data]
   */
  async #settleRejected(conflict, resolution, data) {
    await this.database.transaction(["conflicts", conflict.entity], "readwrite", async (stores) => {
      await result(stores.conflicts.delete(conflict.key));
      const row = await result(stores.of(conflict.entity).get(conflict.recordId));
      if (row?._syncStatus === "conflict") await result(stores.of(conflict.entity).put({ ...row, _syncStatus: "synced" }));
    });
    const collection = this.#collection(conflict.entity);
    const before = await collection.get(conflict.recordId);
    if (resolution !== "server") {
      const edit = resolution === "merged" ? data ?? {} : conflict.data;
      if (conflict.operation === "delete") await collection.delete(conflict.recordId);
      else await collection.put(overlay({ ...before, id: conflict.recordId }, [{ ...conflict, data: edit }].map((edit) => /** @type {any} */ (edit))) ?? {});
    }
    await this.edited([conflict.entity]);
    return async () => {
      if (resolution !== "server" && before) await collection.put(before);
      else if (resolution !== "server") await collection.delete(conflict.recordId);
      await this.#choose(conflict, undefined);
    };
  }

  // ---- The server

  async #run() {
    if (this.status.lastSync === null) await this.#findTotal();
    await this.#alone(async () => {
      await this.settler.sendChoices();
      await this.synchroniser.run();
      await this.integrity.checkNowAndThen();
    });
  }

  /**
   * In one tab at a time.
   *
   * @template T
   * @param {() => Promise<T>} body
   * @returns {Promise<T>}
   */
  #alone(body) {
    return navigator.locks.request(this.name, () => body());
  }

  /**
   * A look at the status, which is cheap for both sides.
   *
   * @returns {Promise<boolean>}
   */
  async #hasNews() {
    const { status, json, etag } = await this.connection.send(this.#statusPath, { etag: this.#etag, accept: [200, 304] });
    if (status === 304) return false;
    await this.#learn(json);
    const [head, known] = await this.database.transaction(["settings", "conflicts"], "readonly", async (stores) =>
      [await stores.setting("head"), (await result(stores.conflicts.getAll())).filter(({ isRejected }) => !isRejected).length]);
    if (json.openConflicts !== known) await this.#alone(() => this.settler.refresh());
    // Only what this device has taken in is worth a 304 the next time.
    if (json.timestamp !== head) return true;
    this.#etag = etag;
    return false;
  }

  async #findTotal() {
    const { json } = await this.connection.send(this.#statusPath);
    this.#total = Object.values(json.entities).reduce((sum, entity) => sum + /** @type {any} */ (entity).records, 0);
    await this.#learn(json);
  }

  /**
   * What a status says of the server itself.
   *
   * @param {any} status
   */
  async #learn({ limits, notices = null }) {
    await this.database.transaction(["settings"], "readwrite", async (stores) => {
      await result(stores.settings.put(limits, "limits"));
      await result(stores.settings.put(notices, "notices"));
    });
    await this.#listen();
  }

  /** Listens where the server last said, or not at all if the application alone says when to synchronise. */
  async #listen() {
    if (this.database.isClosed) return;
    const channel = await this.database.transaction(["settings"], "readonly", (stores) => stores.setting("notices"));
    if (!this.database.isClosed) this.notices.listen((this.settings.syncFrequency > 0 && channel) || null);
  }

  /**
   * Something has changed, by this device or another one.
   *
   * @param {import("./meelio-sync/notices.js").Notice | null} notice  null for what nobody knows
   */
  async #noticed(notice) {
    const { timestamp, conflicts } = notice ?? { conflicts: true };
    // The answer to this device's own edits may be on its way.
    await this.schedule.settled();
    if (this.database.isClosed) return;
    const head = await this.database.transaction(["settings"], "readonly", (stores) => stores.setting("head"));
    if (conflicts || (timestamp && (!head || timestamp > head))) this.schedule.noticed();
  }

  get #statusPath() {
    return `/status?entities=${this.options.entities.join(",")}`;
  }

  // ---- Telling this tab and the others

  /** @param {string[]} entities */
  async #announce(entities) {
    if (this.database.isClosed) return;
    this.channel.postMessage({ kind: "change", entities });
    this.dispatchEvent(new CustomEvent("change", { detail: entities }));
    await this.board.count();
  }

  /** @param {number | null} received */
  #showProgress(received) {
    this.board.show({ progress: received === null ? null : { received, total: this.#total } });
  }

  /** @param {Status} status */
  #showStatus(status) {
    if (this.database.isClosed) return;
    // The tab that synchronises speaks for all.
    if (this.schedule.isRunning) this.channel.postMessage({ kind: "status", status });
    this.dispatchEvent(new CustomEvent("status", { detail: status }));
  }

  /**
   * Another tab has something to tell.
   *
   * @param {any} message
   */
  async #heard({ kind, entities, status }) {
    if (kind === "change") {
      this.dispatchEvent(new CustomEvent("change", { detail: entities }));
      await this.board.count();
    }
    if (kind === "status" && !this.schedule.isRunning) this.board.adopt(status);
    if (kind === "logout") {
      this.close();
      this.dispatchEvent(new Event("logout"));
    }
  }
}

/**
 * What this device keeps of the settings; the application's own come first.
 *
 * @param {Database} database
 * @param {Options} options
 * @returns {Promise<Settings>}
 */
function readSettings(database, options) {
  return database.transaction(["settings"], "readwrite", async (stores) => {
    const [deviceId, frequency, onConnect] = await Promise.all(["deviceId", "syncFrequency", "syncOnConnect"].map((name) => stores.setting(name)));
    const settings = {
      deviceId: deviceId ?? crypto.randomUUID(),
      syncFrequency: options.syncFrequency ?? frequency ?? 30,
      syncOnConnect: options.syncOnConnect ?? onConnect ?? true,
    };
    for (const [name, value] of Object.entries(settings)) stores.settings.put(value, name);
    return settings;
  });
}
