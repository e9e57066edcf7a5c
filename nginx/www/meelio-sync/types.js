// The shapes that the other modules speak of, for the editor and the type checker. Nothing here is loaded.

/**
 * @typedef {Record<string, any> & {id: string}} Row  A record as the application sees it, with the members above.
 * @typedef {Record<string, any>} Values  Members of a record by their names.
 *
 * @typedef {object} Operation  An edit that waits in the store `syncQueue`.
 * @property {number} [id]  its place in the queue, given by IndexedDB
 * @property {string} opId  what the server knows it by, however often it is sent
 * @property {string} entity
 * @property {string} recordId
 * @property {"create" | "update" | "delete"} operation
 * @property {Values} data  of an update the members that were changed, null for those that were removed
 * @property {number} baseVersion  the version that the user saw
 * @property {string | null} [follows]  the `opId` of the waiting edit of the record on which this one is made
 * @property {string} timestamp  when the edit was made, by this device's clock
 * @property {number} retryCount  how often it was sent in vain
 * @property {number | null} lastRetry  when it was sent last, in milliseconds since 1970; null if it never was
 *
 * @typedef {object} Conflict  An edit that the server did not carry out; in the store `conflicts`.
 * @property {string} key  what to give to `resolve`
 * @property {string} entity
 * @property {string} recordId
 * @property {"create" | "update" | "delete"} operation
 * @property {Values} data  the user's edit
 * @property {string} type  `stale`, `deleted`, `validation`, …: Docs/protocol.md, "Every case"
 * @property {string} message
 * @property {string} deviceId  the device that made the edit
 * @property {boolean} isRejected  the edit itself is wrong: it may be corrected or given up, and the server does not keep it
 * @property {string} [resolution]  `server_wins`, `manual` or `none`
 * @property {Values} [serverData]  the record as it was then; absent if there was none
 * @property {number} [serverVersion]
 * @property {{name: string, client: any, server: any}[]} [fields]  where the two differ
 * @property {{path: string, message: string}[]} [errors]  of data that is not valid
 * @property {{rule: string, id: string}} [constraint]
 * @property {Choice} [choice]  what was chosen, while the server has not heard of it
 *
 * @typedef {object} Choice
 * @property {"server" | "client" | "merged"} resolution
 * @property {Values} [data]  of `merged`: the members to store
 *
 * @typedef {object} Status
 * @property {"idle" | "syncing" | "offline" | "waiting" | "unauthorized" | "failed"} state  `waiting`: it is tried again at `retryAt`
 * @property {number} pending  edits, and choices between versions, that the server does not have yet
 * @property {number} conflicts  edits that it did not carry out, and that nobody has settled
 * @property {number | null} lastSync  when this device last had everything, in milliseconds since 1970
 * @property {{received: number, total: number | null} | null} progress  of a first sync, or of a full copy
 * @property {number | null} retryAt
 * @property {string | null} error  a sentence
 *
 * @typedef {object} Options
 * @property {string} url  where the server is: "https://sync.example.com/api/v1/sync"
 * @property {string} user  who uses this device; each user has a database of their own
 * @property {string | ((reason: {expired: boolean}) => string | Promise<string>)} token  is asked again when the server refuses a token
 * @property {string[]} entities  those that this application uses
 * @property {number} [syncFrequency]  seconds between two looks at the server, 30 by default; 0 for none
 * @property {boolean} [syncOnConnect]  synchronise as soon as the device is online again; true by default
 * @property {string} [device]  a name, if several devices are to live in one browser
 *
 * @typedef {object} Settings
 * @property {string} deviceId  made once
 * @property {number} syncFrequency
 * @property {boolean} syncOnConnect
 *
 * @typedef {object} Query
 * @property {Values | ((row: Row) => boolean)} [where]
 * @property {string} [sort]  a member's name, with "-" before it for the largest first
 * @property {number} [limit]
 */

export {};
