// The focus timer. Its settings are one record per user; each finished stretch of work is one.

import { fill, h, notify } from "./dom.js";

const DEFAULTS = { workDuration: 25, breakDuration: 5, autoStart: false, soundOn: true, dailyFocusLimit: 120 };
/** @type {Record<string, [string, number, number]>} */
const NUMBERS = { workDuration: ["Work, minutes", 1, 120], breakDuration: ["Break, minutes", 1, 60], dailyFocusLimit: ["Daily limit, minutes", 0, 1440] };
const SWITCHES = { autoStart: "Start the next stretch by itself", soundOn: "Sound at the end" };

/**
 * The running stretch outlives a change of the view.
 *
 * @type {{kind: "work" | "break", started: number, ends: number} | null}
 */
let running = null;

/**
 * @param {any} db
 * @returns {{element: HTMLElement, end: () => void}}
 */
export function timerView(db) {
  let settings = { ...DEFAULTS };
  /** @type {string | null} */
  let settingsID = null;
  const clock = h("p", { class: "clock", role: "timer", "aria-live": "off" });
  const kind = h("p", { class: "detail" });
  const start = h("button", { type: "button", class: "primary", onclick: () => (running ? stop() : begin("work")) });
  const today = h("p", { class: "detail" });

  const begin = (/** @type {"work" | "break"} */ what) => {
    const minutes = what === "work" ? settings.workDuration : settings.breakDuration;
    running = { kind: what, started: Date.now(), ends: Date.now() + minutes * 60_000 };
    show();
  };
  const stop = async () => {
    const { kind, started } = running ?? { kind: "break", started: 0 };
    running = null;
    const minutes = Math.floor((Date.now() - started) / 60_000);
    if (kind === "work" && minutes >= 1) await finish(started, minutes);
    show();
  };
  const finish = (/** @type {number} */ started, /** @type {number} */ minutes) =>
    db.focusSessions.put({ sessionStart: new Date(started).toISOString(), sessionEnd: new Date(started + minutes * 60_000).toISOString(), duration: minutes });
  const tick = async () => {
    if (running && Date.now() >= running.ends) {
      const { kind, started, ends } = running;
      running = null;
      if (kind === "work") await finish(started, Math.round((ends - started) / 60_000));
      notify(kind === "work" ? "Time for a break." : "Back to work.");
      if (settings.soundOn) beep();
      if (settings.autoStart) begin(kind === "work" ? "break" : "work");
    }
    show();
  };
  const show = () => {
    const left = running ? Math.max(0, running.ends - Date.now()) : settings.workDuration * 60_000;
    const seconds = Math.ceil(left / 1_000);
    clock.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    kind.textContent = running ? (running.kind === "work" ? "Focus" : "Break") : "Ready";
    start.textContent = running ? "Stop" : "Start";
  };

  const fields = settingsFields((changes) => save(changes));
  const save = async (/** @type {any} */ changes) => {
    settings = { ...settings, ...changes };
    // A user has one such record: the first device makes it, the others change it.
    if (settingsID) await db.pomodoroSettings.update(settingsID, changes);
    else await db.pomodoroSettings.put({ id: "settings", ...settings });
  };
  const ends = [
    db.pomodoroSettings.subscribe((/** @type {any[]} */ [record]) => {
      settingsID = record?.id ?? null;
      settings = { ...DEFAULTS, ...record };
      fields.update(settings);
      show();
    }),
    db.focusSessions.subscribe((/** @type {any[]} */ sessions) => {
      const midnight = new Date().setHours(0, 0, 0, 0);
      const minutes = sessions.filter(({ sessionStart }) => Date.parse(sessionStart) >= midnight).reduce((sum, { duration }) => sum + duration, 0);
      today.textContent = `${minutes} of ${settings.dailyFocusLimit} minutes today`;
    }),
  ];
  const timer = setInterval(tick, 500);
  show();
  const element = h("section", {},
    h("h1", {}, "Focus"),
    h("div", { class: "card timer" }, kind, clock, start, today),
    h("form", { class: "card", onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, h("h2", {}, "Settings"), fields.element));
  return { element, end: () => { clearInterval(timer); for (const end of ends) end(); } };
}

/** @param {(changes: any) => void} save */
function settingsFields(save) {
  /** @type {Record<string, any>} */
  const inputs = {};
  const rows = [];
  for (const [name, [label, min, max]] of Object.entries(NUMBERS)) {
    const input = (inputs[name] = h("input", { id: name, type: "number", min, max, required: true }));
    input.addEventListener("change", () => { if (input.reportValidity()) save({ [name]: Number(input.value) }); });
    rows.push(h("div", { class: "setting" }, h("label", { for: name }, label), input));
  }
  for (const [name, label] of Object.entries(SWITCHES)) {
    const input = (inputs[name] = h("input", { id: name, type: "checkbox" }));
    input.addEventListener("change", () => save({ [name]: input.checked }));
    rows.push(h("div", { class: "setting" }, h("label", { for: name }, label), input));
  }
  const update = (/** @type {any} */ settings) => {
    for (const name of Object.keys(NUMBERS)) fill(inputs[name], settings[name]);
    for (const name of Object.keys(SWITCHES)) inputs[name].checked = settings[name] === true;
  };
  return { element: h("div", { class: "settings" }, rows), update };
}

function beep() {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 660 });
  const volume = new GainNode(context, { gain: 0.1 });
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.4);
  tone.onended = () => context.close();
}
