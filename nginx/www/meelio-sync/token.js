// Tokens, as far as a client looks into them.

/**
 * The subject of a token: whose records these are. The server checks it; here it only names the database.
 *
 * @param {string} token
 * @returns {string | null}  null if it is no token
 */
export function subject(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)).sub ?? null;
  } catch {
    return null;
  }
}
