// Word from the server that another device has changed something: an EventSource, which the web server holds. A notice says that there is
// something and not what; one that is lost costs the time until the next look.

const AGAIN = 30_000;

/**
 * @typedef {{timestamp?: string, conflicts?: boolean}} Notice  the newest record's version, and whether a conflict arose or was settled
 */

/** Listens to the user's channel, in one tab at a time: a browser opens few connections to a server over HTTP/1.1. */
export class Notices {
  #url;
  #lock;
  #onNotice;
  /** @type {string | null} */
  #channel = null;
  #isPaused = false;
  /** @type {AbortController | null}  ends what listens, or waits for its turn */
  #listening = null;

  /**
   * @param {string} url  the server's
   * @param {string} lock  a name that the tabs of this user on this device share
   * @param {(notice: Notice | null) => void} onNotice  null if one may have been missed: it has just connected
   */
  constructor(url, lock, onNotice) {
    this.#url = url.replace(/\/$/, "");
    this.#lock = lock;
    this.#onNotice = onNotice;
  }

  /** @param {string | null} channel  as the status has it; null if the server has no notices */
  listen(channel) {
    if (channel === this.#channel) return;
    this.#channel = channel;
    this.#begin();
  }

  /** @param {boolean} isPaused */
  pause(isPaused) {
    this.#isPaused = isPaused;
    this.#begin();
  }

  end() {
    this.pause(true);
  }

  #begin() {
    this.#listening?.abort();
    this.#listening = null;
    // There is none in the service worker of an extension.
    if (!this.#channel || this.#isPaused || !globalThis.EventSource) return;
    const { signal } = (this.#listening = new AbortController());
    const address = `${this.#url}/notices/${this.#channel}`;
    navigator.locks.request(this.#lock, { signal }, () => this.#stayConnected(address, signal)).catch(() => {});
  }

  /**
   * @param {string} address
   * @param {AbortSignal} signal
   * @returns {Promise<void>}  when it is to end
   */
  #stayConnected(address, signal) {
    return new Promise((resolve) => {
      /** @type {EventSource} */
      let source;
      /** @type {ReturnType<typeof setTimeout>} */
      let timer;
      const connect = () => {
        source = new EventSource(address);
        source.onopen = () => this.#onNotice(null);
        source.onmessage = ({ data }) => this.#onNotice(JSON.parse(data));
        // It comes back by itself after a broken connection, but not after an answer that says no.
        source.onerror = () => {
          if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, AGAIN * (0.5 + Math.random() / 2));
        };
      };
      if (signal.aborted) return resolve();
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        source.close();
        resolve();
      });
      connect();
    });
  }
}
