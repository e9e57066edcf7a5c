// When to synchronise: after an edit, when the network is back, when the page is looked at, now and then; and how long to wait
// after a failure.

/**
 * @typedef {import("./status-board.js").StatusBoard} StatusBoard
 */

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 300_000;
const AFTER_EDIT = 100;

/** Runs one synchronisation after another, never two at once. */
export class Schedule {
  #board;
  #settings;
  #hasNews;
  #run;
  /** @type {Promise<void> | null} */
  #running = null;
  #isWanted = false;
  #isOfflineByChoice = false;
  #isEnded = false;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** When the timer fires, by `performance.now`. */
  #due = Infinity;

  /**
   * @param {StatusBoard} board
   * @param {{syncFrequency: number, syncOnConnect: boolean}} settings  looked at again each time
   * @param {() => Promise<boolean>} hasNews  whether the server has something new
   * @param {() => Promise<void>} run  sends and takes everything
   */
  constructor(board, settings, hasNews, run) {
    this.#board = board;
    this.#settings = settings;
    this.#hasNews = hasNews;
    this.#run = run;
  }

  start() {
    globalThis.addEventListener("online", this.#cameOnline);
    globalThis.addEventListener("offline", this.#wentOffline);
    globalThis.document?.addEventListener("visibilitychange", this.#becameVisible);
    if (this.#settings.syncFrequency > 0) this.soon();
  }

  end() {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener("online", this.#cameOnline);
    globalThis.removeEventListener("offline", this.#wentOffline);
    globalThis.document?.removeEventListener("visibilitychange", this.#becameVisible);
  }

  get isRunning() {
    return this.#running !== null;
  }

  /** Now. One that is under way may have read the queue already: another one follows it. */
  async sync() {
    this.#isWanted = true;
    this.#running ??= this.#syncWhileWanted().finally(() => { this.#running = null; });
    await this.#running;
  }

  /** Waits for what is under way. */
  async settled() {
    await this.#running?.catch(() => {});
  }

  edited() {
    if (this.#settings.syncFrequency > 0 && this.#board.status.state !== "waiting") this.soon(AFTER_EDIT);
  }

  /** The server has something that this device does not. */
  noticed() {
    if (this.#settings.syncFrequency > 0 && this.#board.status.state !== "waiting") this.soon(AFTER_EDIT);
  }

  /** @param {boolean} isOffline */
  workOffline(isOffline) {
    this.#isOfflineByChoice = isOffline;
    if (isOffline) this.#wentOffline();
    else this.#cameOnline();
  }

  /**
   * Looks in a while, or earlier if that was planned.
   *
   * @param {number} [milliseconds]
   */
  soon(milliseconds = 0) {
    if (performance.now() + milliseconds < this.#due) this.#lookIn(milliseconds);
  }

  /** @param {number} milliseconds */
  #lookIn(milliseconds) {
    clearTimeout(this.#timer);
    if (this.#isEnded) return;
    this.#due = performance.now() + milliseconds;
    this.#timer = setTimeout(() => {
      this.#due = Infinity;
      this.#look();
    }, milliseconds);
  }

  get #isOnline() {
    return !this.#isOfflineByChoice && globalThis.navigator.onLine;
  }

  #cameOnline = () => {
    if (!this.#isOnline) return;
    this.#failures = 0;
    if (this.#board.status.state === "offline") this.#board.show({ state: "idle" });
    if (this.#settings.syncOnConnect) this.soon();
  };

  #wentOffline = () => {
    if (!this.#running) this.#board.show({ state: "offline", retryAt: null });
  };

  #becameVisible = () => {
    if (globalThis.document.visibilityState === "visible" && this.#board.status.state !== "waiting") this.soon();
  };

  /** Synchronises if there is something to send or to fetch. */
  async #look() {
    if (this.#isEnded) return;
    if (!this.#isOnline) return this.#board.show({ state: "offline", retryAt: null });
    if (this.#running) return this.soon(AFTER_EDIT);
    try {
      const { pending, lastSync, state } = this.#board.status;
      if (pending > 0 || lastSync === null || state !== "idle" || (await this.#hasNews())) await this.sync();
    } catch (error) {
      this.#failed(error);
    }
    if (this.#board.status.state === "idle") this.#next();
  }

  async #syncWhileWanted() {
    while (this.#isWanted && !this.#isEnded) {
      this.#isWanted = false;
      if (!this.#isOnline) return this.#board.show({ state: "offline", retryAt: null });
      this.#board.show({ state: "syncing", error: null, retryAt: null });
      try {
        await this.#run();
        this.#failures = 0;
        this.#board.show({ state: "idle" });
      } catch (error) {
        return this.#failed(error);
      } finally {
        await this.#board.count();
      }
    }
    this.#next();
  }

  #next() {
    const { syncFrequency } = this.#settings;
    if (syncFrequency > 0) this.soon(syncFrequency * 1_000);
  }

  /** @param {any} error */
  #failed(error) {
    if (this.#isEnded) return;
    this.#isWanted = false;
    const message = error?.message ?? String(error);
    const what = { error: message, retryAt: null, progress: null };
    // A person has to do something: sign in, or make room. A look later on does not hurt.
    if (error?.code === "unauthorized") return this.#board.show({ ...what, state: "unauthorized" });
    if (error?.code !== "unreachable") {
      this.#board.show({ ...what, state: "failed" });
      return this.#lookIn(LONGEST_DELAY);
    }
    if (!this.#isOnline) return this.#board.show({ ...what, state: "offline", error: null });
    // Not all devices at once when the server is back: half of the delay is chance.
    const delay = Math.min(FIRST_DELAY * 2 ** this.#failures, LONGEST_DELAY) * (0.5 + Math.random() / 2);
    const wait = Math.max(delay, error.retryAfter ?? 0);
    this.#failures += 1;
    this.#board.show({ ...what, state: "waiting", retryAt: Date.now() + wait });
    this.#lookIn(wait);
  }
}
