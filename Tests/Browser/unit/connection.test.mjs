// The client's side of HTTP, against a real server of a few lines.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test from "node:test";
import { Connection } from "../../../nginx/www/meelio-sync/connection.js";

/**
 * Asks a server that answers as `answer` says.
 *
 * @param {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => void} answer
 * @param {(connection: Connection) => Promise<void>} body
 * @param {any} [token]
 */
async function asking(answer, body, token = "good") {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    await body(new Connection(`http://127.0.0.1:${port}/`, token));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const json = { "Content-Type": "application/json" };

for (const [text, milliseconds] of /** @type {[string, number][]} */ ([["7", 7_000], ["0", 0], ["1000000", 3_600_000], ["Mon, 01 Jan 2001 00:00:00 GMT", 0]]))
  test(`'Retry-After: ${text}' is ${milliseconds} ms`, () =>
    asking((_, response) => response.writeHead(503, { ...json, "Retry-After": text }).end('{"message":"Later."}'), async (connection) => {
      await assert.rejects(connection.send("/status"), { code: "unreachable", message: "Later.", status: 503, retryAfter: milliseconds });
    }));

test("a 'Retry-After' that is neither a number nor a date is none", () =>
  asking((_, response) => response.writeHead(429, { ...json, "Retry-After": "soon" }).end("{}"), async (connection) => {
    await assert.rejects(connection.send("/status"), { code: "unreachable", retryAfter: null });
  }));

test("a refused token is asked for again, once", async () => {
  /** @type {any[]} */
  const asked = [];
  const token = (/** @type {any} */ reason) => (asked.push(reason), asked.length === 1 ? "old" : "new");
  await asking((request, response) => {
    const isNew = request.headers.authorization === "Bearer new";
    response.writeHead(isNew ? 200 : 401, json).end('{"message":"Expired."}');
  }, async (connection) => {
    assert.equal((await connection.send("/status")).status, 200);
    assert.deepEqual(asked, [{ expired: false }, { expired: true }]);
  }, token);
});

test("without a good token it is unauthorized", () =>
  asking((_, response) => response.writeHead(401, json).end('{"message":"No."}'), async (connection) => {
    await assert.rejects(connection.send("/status"), { code: "unauthorized", message: "No." });
  }));

test("an application that has no token to give is unauthorized too", () =>
  asking((_, response) => response.end(), async (connection) => {
    await assert.rejects(connection.send("/status"), { code: "unauthorized", message: "There is no token: signed out" });
  }, () => Promise.reject(new Error("signed out"))));

test("a login page in the place of an answer is as good as no network", () =>
  asking((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end("<form>"), async (connection) => {
    await assert.rejects(connection.send("/status"), { code: "unreachable" });
  }));

test("an answer that is cut off is as good as none", () =>
  asking((_, response) => response.writeHead(200, json).end('{"timestamp":'), async (connection) => {
    await assert.rejects(connection.send("/status"), { code: "unreachable" });
  }));

test("a request that the server does not take is refused, whatever the body of the answer", () =>
  asking((_, response) => response.writeHead(413, { "Content-Type": "text/html" }).end("<h1>413</h1>"), async (connection) => {
    await assert.rejects(connection.send("/bulk", { body: {} }), { code: "refused", message: "The server answered with 413." });
  }));

test("nobody there is unreachable", async () => {
  await assert.rejects(new Connection("http://127.0.0.1:9", "good").send("/status"), { code: "unreachable" });
});
