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
import { isEqual, overlay, sendable } from "./meelio-sync/records.js";
import { Synchroniser } from "./meelio-sync/synchroniser.js";

export { MeelioSyncError };

/**
 * @typedef {import("./meelio-sync/types.js").Choice} Choice
 * @typedef {import("./meelio-sync/types.js").Conflict} Conflict
 * @typedef {import("./meelio-sync/types.js").Options} Options
 * @typedef {import("./meelio-sync/types.js").Status} Status
 * @typedef {import("./meelio-sync/types.js").Values} Values
 */

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 300_000;

/** The records of one user on this device. It has a ``Collection`` per entity: `db.tasks`. */
export class MeelioSync extends EventTarget {
  /** @type {Status} */
  #status = { state: "idle", pending: 0, conflicts: 0, lastSync: null, progress: null, retryAt: null, error: null };
  /** @type {Promise<void> | null} */
  #running = null;
  #isWanted = false;
  #isOfflineByChoice = false;
  #isClosed = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {string | null} */
  #etag = null;
  /** @type {number | null} */
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
    const db = new MeelioSync(options, name, database);
    await db.#prepare();
    return db;
  }

  /**
   * Use ``open``.
   *
   * @param {Options} options
   * @param {string} name
   * @param {Database} database
   */
  constructor(options, name, database) {
    super();
    this.options = options;
    this.name = name;
    this.database = database;
    this.connection = new Connection(options.url, options.token);
    this.channel = new BroadcastChannel(name);
    const announce = (/** @type {string[]} */ entities) => this.#announce(entities);
    this.synchroniser = new Synchroniser(database, this.connection, announce, (received) => this.#showProgress(received));
    this.settler = new ConflictSettler(database, this.connection, announce);
    this.integrity = new IntegrityCheck(database, this.connection, announce);
    for (const entity of options.entities) Object.defineProperty(this, entity, { value: new Collection(this, entity), enumerable: true });
  }

  async #prepare() {
    this.settings = await this.database.transaction(["settings"], "readwrite", async (stores) => {
      const [deviceId, frequency, onConnect] = await Promise.all(["deviceId", "syncFrequency", "syncOnConnect"].map((name) => stores.setting(name)));
      const settings = {
        deviceId: deviceId ?? crypto.randomUUID(),
        syncFrequency: this.options.syncFrequency ?? frequency ?? 30,
        syncOnConnect: this.options.syncOnConnect ?? onConnect ?? true,
      };
      for (const [name, value] of Object.entries(settings)) stores.settings.put(value, name);
      return settings;
    });
    this.channel.onmessage = ({ data }) => this.#heard(data);
    globalThis.addEventListener("online", this.#cameOnline);
    globalThis.addEventListener("offline", this.#wentOffline);
    globalThis.document?.addEventListener("visibilitychange", this.#becameVisible);
    await this.#count();
    if (this.settings.syncFrequency > 0) this.#soon(0);
  }

  // ---- What the application asks for

  /** A copy; the event `status` tells of a change. */
  get status() {
    return { ...this.#status };
  }

  /** The entities of this application. */
  get entities() {
    return [...this.options.entities];
  }

  /**
   * Sends what waits and takes what is new, now.
   *
   * @returns {Promise<Status>}  how it went; it never throws for want of a server
   */
  async sync() {
    this.#isWanted = true;
    // One that is under way may have read the queue already: another one follows it.
    this.#running ??= this.#syncWhileWanted().finally(() => { this.#running = null; });
    await this.#running;
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
    this.#isOfflineByChoice = isOffline;
    if (isOffline) this.#wentOffline();
    else this.#cameOnline();
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

  /** @param {{syncFrequency?: number, syncOnConnect?: boolean}} changes */
  async set(changes) {
    Object.assign(/** @type {Values} */ (this.settings), changes);
    await this.database.transaction(["settings"], "readwrite", async (stores) => {
      for (const [name, value] of Object.entries(changes)) await result(stores.settings.put(value, name));
    });
    this.#soon(0);
  }

  /** Asks the application for a token with the next request, after it was given another one. */
  tokenChanged() {
    this.connection.forgetToken();
    this.#soon(0);
  }

  /** Ends this tab's part; the data stay. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener("online", this.#cameOnline);
    globalThis.removeEventListener("offline", this.#wentOffline);
    globalThis.document?.removeEventListener("visibilitychange", this.#becameVisible);
    this.channel.close();
    this.database.db.close();
  }

  /**
   * Ends the user's session on this device. `keep` leaves records and waiting edits for the next time; else they are
   * removed, and edits that the server does not have (`status.pending`) with them.
   *
   * @param {{keep: boolean}} how
   */
  async logout({ keep }) {
    this.channel.postMessage({ kind: "logout" });
    await this.#running?.catch(() => {});
    this.close();
    if (!keep) await result(/** @type {IDBRequest<any>} */ (indexedDB.deleteDatabase(this.name)));
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
    if (resolution !== "server") {
      const before = await collection.get(conflict.recordId);
      const edit = resolution === "merged" ? data ?? {} : conflict.data;
      if (conflict.operation === "delete") await collection.delete(conflict.recordId);
      else await collection.put(overlay({ ...before, id: conflict.recordId }, [{ ...conflict, data: edit }].map((edit) => /** @type {any} */ (edit))) ?? {});
    }
    await this.edited([conflict.entity]);
    return () => this.#choose(conflict, undefined);
  }

  // ---- When to synchronise

  /**
   * An edit was made in this tab.
   *
   * @param {string[]} entities
   */
  async edited(entities) {
    await this.#announce(entities);
    if (/** @type {any} */ (this.settings).syncFrequency > 0 && this.#status.state !== "waiting") this.#soon(100);
  }

  get #isOnline() {
    return !this.#isOfflineByChoice && globalThis.navigator.onLine;
  }

  #cameOnline = () => {
    this.#failures = 0;
    if (this.#status.state === "offline") this.#show({ state: "idle" });
    if (/** @type {any} */ (this.settings).syncOnConnect) this.#soon(0);
  };

  #wentOffline = () => {
    if (!this.#running) this.#show({ state: "offline", retryAt: null });
  };

  #becameVisible = () => {
    if (globalThis.document.visibilityState === "visible" && this.#status.state !== "waiting") this.#soon(0);
  };

  /** @param {number} milliseconds */
  #soon(milliseconds) {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#look(), milliseconds);
  }

  /** Synchronises if there is something to send or to fetch: a look at the status is cheap for both sides. */
  async #look() {
    if (this.#isClosed) return;
    if (!this.#isOnline) return this.#show({ state: "offline", retryAt: null });
    if (this.#running) return this.#soon(100);
    try {
      if (this.#status.pending > 0 || this.#status.lastSync === null || this.#status.state !== "idle" || (await this.#isSomethingNew())) await this.sync();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#status.state === "idle") this.#next();
  }

  /** @returns {Promise<boolean>} */
  async #isSomethingNew() {
    const { status, json, etag } = await this.connection.send(`/status?entities=${this.options.entities.join(",")}`, { etag: this.#etag, accept: [200, 304] });
    if (status === 304) return false;
    const [head, known] = await this.database.transaction(["settings", "conflicts"], "readwrite", async (stores) => {
      stores.settings.put(json.limits, "limits");
      return [await stores.setting("head"), (await result(stores.conflicts.getAll())).filter(({ isRejected }) => !isRejected).length];
    });
    if (json.openConflicts !== known) await this.#alone(() => this.settler.refresh());
    // Only what this device has taken in is worth a 304 the next time.
    if (json.timestamp !== head) return true;
    this.#etag = etag;
    return false;
  }

  #next() {
    const { syncFrequency } = /** @type {any} */ (this.settings);
    if (syncFrequency > 0) this.#soon(syncFrequency * 1_000);
  }

  async #syncWhileWanted() {
    while (this.#isWanted && !this.#isClosed) {
      this.#isWanted = false;
      if (!this.#isOnline) return this.#show({ state: "offline", retryAt: null });
      this.#show({ state: "syncing", error: null, retryAt: null });
      try {
        if (this.#status.lastSync === null) await this.#findTotal();
        await this.#alone(async () => {
          await this.settler.sendChoices();
          await this.synchroniser.run();
          await this.integrity.checkNowAndThen();
        });
        this.#failures = 0;
        this.#show({ state: "idle" });
      } catch (error) {
        return this.#failed(error);
      } finally {
        await this.#count();
      }
    }
    this.#next();
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

  /** @param {any} error */
  #failed(error) {
    if (this.#isClosed) return;
    this.#isWanted = false;
    const message = error?.message ?? String(error);
    if (error?.code === "unauthorized") return this.#show({ state: "unauthorized", error: message, progress: null });
    if (error?.code !== "unreachable") return this.#show({ state: "failed", error: message, progress: null });
    if (!this.#isOnline) return this.#show({ state: "offline", error: null, retryAt: null, progress: null });
    const wait = Math.max(Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY) * (0.5 + Math.random() / 2), error.retryAfter ?? 0);
    this.#failures += 1;
    this.#show({ state: "waiting", error: message, retryAt: Date.now() + wait, progress: null });
    this.#soon(wait);
  }

  // ---- What is shown

  async #findTotal() {
    const { json } = await this.connection.send(`/status?entities=${this.options.entities.join(",")}`);
    this.#total = Object.values(json.entities).reduce((sum, entity) => sum + /** @type {any} */ (entity).records, 0);
    await this.database.transaction(["settings"], "readwrite", (stores) => result(stores.settings.put(json.limits, "limits")));
  }

  /** @param {number | null} received */
  #showProgress(received) {
    this.#show({ progress: received === null ? null : { received, total: this.#total } });
  }

  /**
   * Tells this tab and the others that records have changed.
   *
   * @param {string[]} entities
   */
  async #announce(entities) {
    if (this.#isClosed) return;
    this.channel.postMessage({ kind: "change", entities });
    this.dispatchEvent(new CustomEvent("change", { detail: entities }));
    await this.#count();
  }

  /**
   * Another tab has something to tell.
   *
   * @param {any} message
   */
  async #heard({ kind, entities, status }) {
    if (kind === "change") this.dispatchEvent(new CustomEvent("change", { detail: entities }));
    if (kind === "change") await this.#count();
    if (kind === "status" && !this.#running) this.#show(status, { isNews: false });
    if (kind === "logout") {
      this.close();
      this.dispatchEvent(new Event("logout"));
    }
  }

  async #count() {
    if (this.#isClosed) return;
    try {
      await this.database.transaction(["syncQueue", "conflicts", "settings"], "readonly", async (stores) => {
        const conflicts = await result(stores.conflicts.getAll());
        const choices = conflicts.filter(({ choice }) => choice).length;
        const pending = (await result(stores.queue.count())) + choices;
        const lastSync = (await stores.setting("lastSync")) ?? null;
        this.#show({ pending, conflicts: conflicts.length - choices, lastSync });
      });
    } catch (error) {
      if (!this.#isClosed) throw error;
    }
  }

  /**
   * @param {Partial<Status>} changes
   * @param {{isNews: boolean}} [how]
   */
  #show(changes, how = { isNews: true }) {
    const before = this.#status;
    this.#status = { ...before, ...changes };
    if (this.#isClosed || isEqual(before, this.#status)) return;
    if (how.isNews) this.channel.postMessage({ kind: "status", status: this.#status });
    this.dispatchEvent(new CustomEvent("status", { detail: this.status }));
  }
}
