// Sends what waits, and stores what comes: Docs/protocol.md, "What a client does".

import { allStores, result } from "./database.js";
import { MeelioSyncError } from "./error.js";
import { localConflict, overlay } from "./records.js";
import { TouchedRecords } from "./touched-records.js";

const PAGE_RECORDS = 1_000;

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {import("./database.js").Database} Database
 * @typedef {import("./database.js").Stores} Stores
 * @typedef {import("./types.js").Conflict} Conflict
 * @typedef {import("./types.js").Operation} Operation
 * @typedef {import("./types.js").Values} Values
 */

/** Sends what waits, and stores what comes. Used by one tab at a time. */
export class Synchroniser {
  #database;
  #connection;
  #onChange;
  #onProgress;
  /** How many operations are sent at a time; fewer while one that the server does not take is being looked for. */
  #batch = Infinity;

  /**
   * @param {Database} database
   * @param {Connection} connection
   * @param {(entities: string[]) => void} onChange
   * @param {(received: number | null) => void} onProgress  null when there is nothing to show
   */
  constructor(database, connection, onChange, onProgress) {
    this.#database = database;
    this.#connection = connection;
    this.#onChange = onChange;
    this.#onProgress = onProgress;
  }

  /**
   * Until the queue is empty and the server has nothing new.
   *
   * @throws {MeelioSyncError}
   */
  async run() {
    let received = 0;
    let isComplete = false;
    while (!isComplete) {
      const request = await this.#nextRequest();
      const answer = await this.#send(request);
      if (!answer) continue;
      const isSweeping = await this.#store(request.operations, answer, !request.body.cursor);
      received += answer.serverChanges.length;
      this.#onProgress(isSweeping ? received : null);
      isComplete = !answer.hasMore && request.isLast;
    }
    this.#onProgress(null);
  }

  /** @returns {Promise<{body: Values, operations: Operation[], isLast: boolean}>}  `isLast`: nothing else waits */
  async #nextRequest() {
    return this.#database.transaction(["syncQueue", "settings"], "readwrite", async (stores) => {
      const [cursor, deviceId, limits] = await Promise.all(["cursor", "deviceId", "limits"].map((name) => stores.setting(name)));
      const most = Math.min(this.#batch, limits?.maxOperations ?? 500);
      const room = (limits?.maxBodyBytes ?? 1_048_576) - 4_096;
      /** @type {Operation[]} */
      const waiting = await result(stores.queue.getAll(null, most + 1));
      const operations = [];
      const encoded = [];
      let bytes = 0;
      for (const operation of waiting.slice(0, most)) {
        const { opId, entity, recordId, data, baseVersion, follows, timestamp } = operation;
        const wire = { opId, entity, operation: operation.operation, data: { ...data, id: recordId }, clientId: deviceId, timestamp, baseVersion, follows: follows ?? undefined };
        bytes += new TextEncoder().encode(JSON.stringify(wire)).length + 1;
        if (bytes > room && operations.length > 0) break;
        operations.push(operation);
        encoded.push(wire);
        operation.lastRetry = Date.now();
        stores.queue.put(operation);
      }
      const body = { deviceId, cursor, entities: this.#database.entities, limit: PAGE_RECORDS, operations: encoded };
      return { body, operations, isLast: operations.length === waiting.length };
    });
  }

  /**
   * @param {{body: Values, operations: Operation[]}} request
   * @returns {Promise<any>}  null if another request has to be made first
   */
  async #send({ body, operations }) {
    try {
      const { json } = await this.#connection.send("/bulk", { body });
      this.#batch = Infinity;
      return json;
    } catch (error) {
      if (!(error instanceof MeelioSyncError)) throw error;
      await this.#countRetry(operations);
      const isDeadEnd = [400, 413, 422].includes(error.status ?? 0) || (error.status === 500 && operations.some((operation) => operation.retryCount > 2));
      if (!isDeadEnd || operations.length === 0) throw error;
      // One operation that the server cannot take must not hold up the others: halve until it is found, and put it aside.
      if (operations.length > 1) this.#batch = Math.ceil(operations.length / 2);
      else await this.#putAside(operations[0], error.message);
      return null;
    }
  }

  /** @param {Operation[]} operations */
  async #countRetry(operations) {
    await this.#database.transaction(["syncQueue"], "readwrite", async (stores) => {
      for (const operation of operations) {
        operation.retryCount += 1;
        await result(stores.queue.put(operation));
      }
    });
  }

  /**
   * @param {Operation} operation
   * @param {string} message
   */
  async #putAside(operation, message) {
    this.#batch = Infinity;
    const { entity, recordId, operation: kind, data, opId } = operation;
    const deviceId = await this.#database.transaction(["settings"], "readonly", (stores) => stores.setting("deviceId"));
    /** @type {Conflict} */
    const conflict = { key: `rejected/${opId}`, entity, recordId, operation: kind, data, type: "refused", message, deviceId, isRejected: true };
    await this.#database.transaction(allStores(this.#database), "readwrite", async (stores) => {
      await result(stores.conflicts.put(conflict));
      await result(stores.queue.delete(/** @type {number} */ (operation.id)));
      const touched = new TouchedRecords(stores, this.#database.entities);
      await touched.record(entity, recordId);
      await touched.writeAll();
    });
    this.#onChange([entity]);
  }

  /**
   * All of an answer to a bulk, in one transaction.
   *
   * @param {Operation[]} sent
   * @param {any} answer
   * @param {boolean} isFirst  the request had no cursor
   * @returns {Promise<boolean>}  whether a full copy is being read
   */
  async #store(sent, answer, isFirst) {
    /** @type {Set<string>} */
    const changed = new Set();
    const isSweeping = await this.#database.transaction(allStores(this.#database), "readwrite", async (stores) => {
      let sweep = (await stores.setting("sweep")) ?? { number: 0, isOn: false };
      if (isFirst || answer.reset) sweep = { number: sweep.number + 1, isOn: true };
      const touched = new TouchedRecords(stores, this.#database.entities);
      await this.#storeResults(stores, touched, sent, answer, sweep);
      await this.#storeConflicts(stores, answer.conflicts, sent);
      await touched.takeOver(answer.serverChanges);
      const written = await touched.writeAll((record) => (sweep.isOn && record.isBrought ? sweep.number : record.row?._sweep));
      const swept = sweep.isOn && !answer.hasMore ? await touched.sweep(sweep.number) : [];
      for (const entity of [...written, ...swept]) changed.add(entity);
      if (!answer.hasMore) {
        sweep.isOn = false;
        stores.settings.put(Date.now(), "lastSync");
      }
      stores.settings.put(sweep, "sweep");
      stores.settings.put(answer.cursor, "cursor");
      stores.settings.put(answer.timestamp, "head");
      return sweep.isOn;
    });
    if (changed.size > 0 || answer.conflicts.length > 0) this.#onChange([...changed]);
    return isSweeping;
  }

  /**
   * Each operation leaves the queue, whatever became of it. Of one that was applied the copy takes the edit; of all others a page
   * brings the record, or has brought it.
   *
   * @param {Stores} stores
   * @param {TouchedRecords} touched
   * @param {Operation[]} sent
   * @param {any} answer
   * @param {{number: number, isOn: boolean}} sweep
   */
  async #storeResults(stores, touched, sent, answer, sweep) {
    const head = Date.parse(answer.timestamp);
    await touched.read(sent.map(({ entity, recordId }) => ({ entity, id: recordId })));
    for (const { index, status, duplicate, version } of answer.results) {
      const operation = sent[index];
      stores.queue.delete(/** @type {number} */ (operation.id));
      const record = await touched.record(operation.entity, operation.recordId);
      if (!record || status !== "applied" || duplicate) continue;
      // What was there when the full copy was begun may be gone: the edit goes into an empty one.
      const isOld = sweep.isOn && !record.isBrought && record.row?._sweep !== sweep.number;
      const before = isOld ? null : record.copy;
      record.copy = operation.operation === "delete" ? null : overlay({ ...before, id: operation.recordId }, [operation]);
      record.isBrought = true;
      // A version beyond the page is no base for an edit: the record may hold more than has been brought so far.
      if (record.copy && version <= head) Object.assign(record.copy, { version, updatedAt: new Date(version).toISOString() });
    }
  }

  /**
   * @param {Stores} stores
   * @param {any[]} conflicts
   * @param {Operation[]} sent
   */
  async #storeConflicts(stores, conflicts, sent) {
    for (const conflict of conflicts) {
      const { opId, entity, recordId, operation, data } = sent[conflict.index];
      await result(stores.conflicts.put(localConflict({ ...conflict, entity, operation, data, key: conflict.conflictId ?? `rejected/${opId}` }, recordId)));
    }
  }
}
