/** What went wrong, with a word for programs: `storage_full`, `not_found`, `unauthorized`, `unreachable`, `refused`, `closed`. */
export class MeelioSyncError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{status?: number, retryAfter?: number | null}} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    this.name = "MeelioSyncError";
    this.code = code;
    /** The HTTP status, if there was an answer. */
    this.status = details.status ?? null;
    /** Milliseconds that the server asks to wait. */
    this.retryAfter = details.retryAfter ?? null;
  }
}
