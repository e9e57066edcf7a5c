// The server: tokens, errors, and how long to wait.

import { MeelioSyncError } from "./error.js";

/**
 * @typedef {import("./types.js").Options} Options
 */

/** Speaks HTTP: tokens, errors, and how long to wait. */
export class Connection {
  #url;
  #token;
  /** @type {string | null} */
  #current = null;

  /**
   * @param {string} url
   * @param {Options["token"]} token
   */
  constructor(url, token) {
    this.#url = url.replace(/\/$/, "");
    this.#token = token;
  }

  /**
   * @param {string} path
   * @param {{body?: unknown, etag?: string | null, accept?: number[]}} [options]  `accept`: statuses that are no errors
   * @returns {Promise<{status: number, json: any, etag: string | null}>}
   * @throws {MeelioSyncError}
   */
  async send(path, options = {}) {
    const { body, etag, accept = [200] } = options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    let response = await this.#fetch(path, text, etag, false);
    if (response.status === 401) response = await this.#fetch(path, text, etag, true);
    const json = await Connection.#json(response);
    if (accept.includes(response.status)) return { status: response.status, json, etag: response.headers.get("ETag") };
    const message = json?.message ?? `The server answered with ${response.status}.`;
    if (response.status === 401) throw new MeelioSyncError("unauthorized", message, { status: 401 });
    const isTemporary = response.status === 429 || response.status >= 500;
    throw new MeelioSyncError(isTemporary ? "unreachable" : "refused", message, {
      status: response.status, retryAfter: Connection.#retryAfter(response),
    });
  }

  /**
   * @param {string} path
   * @param {string | undefined} body
   * @param {string | null | undefined} etag
   * @param {boolean} expired
   */
  async #fetch(path, body, etag, expired) {
    if (expired || this.#current === null) this.#current = await this.#newToken(expired);
    /** @type {Record<string, string>} */
    const headers = { Authorization: `Bearer ${this.#current}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (etag) headers["If-None-Match"] = etag;
    // Newer than the checker's list of what browsers have.
    const signal = /** @type {any} */ (AbortSignal).timeout(60_000);
    const method = body === undefined ? "GET" : "POST";
    try {
      return await fetch(this.#url + path, { method, headers, body, cache: "no-store", signal });
    } catch (error) {
      throw new MeelioSyncError("unreachable", `The server cannot be reached: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * @param {boolean} expired
   * @returns {Promise<string>}
   */
  async #newToken(expired) {
    if (typeof this.#token === "string") return this.#token;
    try {
      return await this.#token({ expired });
    } catch (error) {
      throw new MeelioSyncError("unauthorized", `There is no token: ${/** @type {Error} */ (error).message}`);
    }
  }

  /** Gives up the token in use, so that the next request asks for another one. */
  forgetToken() {
    this.#current = null;
  }

  /** @param {Response} response */
  static async #json(response) {
    if (!response.headers.get("Content-Type")?.includes("json")) {
      // Not our server: a login page of the network, or a proxy.
      if (response.status === 200) throw new MeelioSyncError("unreachable", "Something between this device and the server has answered in its place.");
      return null;
    }
    try {
      return await response.json();
    } catch (error) {
      throw new MeelioSyncError("unreachable", `The server's answer is cut off: ${/** @type {Error} */ (error).message}`);
    }
  }

  /**
   * Seconds or a date (RFC 9110, 10.2.3).
   *
   * @param {Response} response
   * @returns {number | null}
   */
  static #retryAfter(response) {
    const text = response.headers.get("Retry-After");
    if (!text) return null;
    const milliseconds = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
    return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), 3_600_000) : null;
  }
}
