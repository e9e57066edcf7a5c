// Lets the page start without a network. Everything that it consists of is kept; with a network it is looked for anew, so that a
// new version is there at once. Requests to the server's API are never kept: the records lie in IndexedDB.

const CACHE = "meelio";
const FILES = [
  "./", "app.css", "icon.svg", "manifest.webmanifest", "meelio-sync.js",
  ...["collection", "conflict-settler", "connection", "database", "error", "integrity-check", "notices", "records", "schedule", "status-board", "synchroniser", "token", "touched-records"].map(
    (name) => `meelio-sync/${name}.js`),
  ...["blockers", "conflicts", "devices", "diff", "dom", "main", "notes", "session", "stashes", "status", "tasks", "timer"].map((name) => `app/${name}.js`),
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
  event.respondWith(fromNetworkOrCache(event.request));
});

async function fromNetworkOrCache(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
