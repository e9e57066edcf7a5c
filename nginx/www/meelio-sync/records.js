// Records: the server's copy, and the edits that lie over it. Pure functions.

/**
 * @typedef {import("./types.js").Conflict} Conflict
 * @typedef {import("./types.js").Operation} Operation
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").Values} Values
 */

const SERVER_MEMBERS = new Set(["id", "version", "createdAt", "updatedAt", "deletedAt", "userId"]);

/**
 * What is left of `data` for the server: neither its own members nor this device's bookkeeping.
 *
 * @param {Values} data
 */
export function sendable(data) {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith("_") && !SERVER_MEMBERS.has(name)));
}

/**
 * @param {any} left
 * @param {any} right
 * @returns {boolean}
 */
export function isEqual(left, right) {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || !left || !right || Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => name in right && isEqual(left[name], right[name]));
}

/**
 * What has to be sent so that `before` becomes `after`: null for what is not there any more.
 *
 * @param {Values} before
 * @param {Values} after
 */
export function difference(before, after) {
  /** @type {Values} */
  const patch = {};
  for (const [name, value] of Object.entries(after)) if (!isEqual(before[name] ?? null, value ?? null)) patch[name] = value ?? null;
  for (const name of Object.keys(before)) if (!(name in after)) patch[name] = null;
  return patch;
}

/**
 * `copy` with the edits laid over it, or null if that leaves no record.
 *
 * @param {Values | null} copy
 * @param {Operation[]} operations
 */
export function overlay(copy, operations) {
  /** @type {Values | null} */
  let record = copy;
  for (const { operation, data } of operations) {
    if (operation === "delete") record = null;
    else if (record || operation === "create")
      record = Object.fromEntries(Object.entries({ ...record, ...data }).filter(([, value]) => value !== null && value !== undefined));
  }
  return record;
}

/**
 * The server's copy in a row.
 *
 * @param {Row | undefined} row
 * @returns {Values | null}
 */
export function serverCopy(row) {
  if (!row) return null;
  if ("_server" in row) return row._server;
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("_")));
}

/**
 * The row for a record, or null if nothing is left of it.
 *
 * @param {string} id
 * @param {Values | null} copy
 * @param {Operation[]} operations  those that wait
 * @param {{hasConflict: boolean, modified: number, sweep: number | undefined}} about
 * @returns {Row | null}
 */
export function makeRow(id, copy, operations, { hasConflict, modified, sweep }) {
  const view = overlay(copy, operations);
  if (!view && !copy && operations.length === 0) return null;
  /** @type {Row} */
  const row = {
    ...view, id,
    _syncStatus: operations.length > 0 ? "pending" : hasConflict ? "conflict" : "synced",
    _lastModified: modified,
    _serverVersion: copy?.version ?? 0,
  };
  if (operations.length > 0) row._server = copy;
  if (!view) row._deleted = true;
  if (sweep !== undefined) row._sweep = sweep;
  return row;
}

/**
 * A row as the application gets it.
 *
 * @param {Row} row
 * @returns {Row}
 */
export function visible({ _server, _sweep, _deleted, ...row }) {
  return /** @type {Row} */ (row);
}

/**
 * What this device keeps of a conflict.
 *
 * @param {any} wire
 * @param {string} recordId
 * @returns {Conflict}
 */
export function localConflict({ key, entity, operation, data, type, message, resolution, serverData, serverVersion, fields, errors, constraint, conflictId, clientId }, recordId) {
  return { key, entity, recordId, operation, data, type, message, resolution, serverData, serverVersion, fields, errors, constraint, deviceId: clientId, isRejected: !conflictId };
}
