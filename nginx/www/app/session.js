// Who uses the page. A real application has a login of its own; here a token comes with the address that script/server prints, or is
// pasted. The token stays in this browser, and the address is cleaned of it.

import { subject } from "../meelio-sync/token.js";
import { h } from "./dom.js";

const KEY = "meelio-token";

/** @returns {string | null} */
export function storedToken() {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fromAddress) {
    localStorage.setItem(KEY, fromAddress);
    history.replaceState(null, "", location.pathname);
  }
  return localStorage.getItem(KEY);
}

export function forgetToken() {
  localStorage.removeItem(KEY);
}

/**
 * Asks for a token.
 *
 * @param {HTMLElement} main
 * @param {string} [reason]
 * @returns {Promise<string>}
 */
export function signIn(main, reason) {
  return new Promise((resolve) => {
    const field = h("textarea", { id: "token", name: "token", rows: 4, required: true, spellcheck: "false", autocomplete: "off" });
    const fault = h("p", { class: "fault", role: "alert" }, reason ?? "");
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      const token = field.value.trim();
      if (subject(token) === null) {
        fault.textContent = "That is no token. script/server prints one, and script/token makes others.";
        return;
      }
      localStorage.setItem(KEY, token);
      resolve(token);
    };
    main.replaceChildren(
      h("section", { class: "card narrow" },
        h("h1", {}, "Sign in"),
        h("p", {}, "Paste a token: ", h("code", {}, "script/server"), " prints one, ", h("code", {}, "script/token alice"), " makes others."),
        h("form", { onsubmit: submit }, h("label", { for: "token" }, "Token"), field, fault, h("button", { class: "primary" }, "Sign in"))));
    field.focus();
  });
}
