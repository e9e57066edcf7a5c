-- What wrk sends, the same to every system, and what it thinks of the answers. Settings come from the environment:
-- BENCH_WORKLOAD; BENCH_DEVICES, a file with "subject device token timestamp" per line; BENCH_LANES, how many of them a
-- user has; BENCH_SEEDED, the records that each user has before; BENCH_RUN, which makes ids unique; BENCH_CHECK, to look
-- at the answers of those workloads too that need not be looked at otherwise; BENCH_SAMPLE, where to keep one answer;
-- BENCH_RATE, how many requests a second to send at the most, by both threads together.

local workload = os.getenv("BENCH_WORKLOAD")
local run = os.getenv("BENCH_RUN")
local seeded, lanes = tonumber(os.getenv("BENCH_SEEDED")), tonumber(os.getenv("BENCH_LANES"))
local writes = workload == "W1" or workload == "W2" or workload == "W6" or workload == "mix"

-- Globals are what done() can read of a thread.
sent, answered, bad, last = 0, 0, 0, ""

local threads = {}
function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

-- Each thread has devices of its own, all in turn: with 500 of them and 32 connections, a device has its answer before
-- it sends again.
local devices, order = {}, {}
local skip
function init()
  local index = 0
  for line in io.lines(os.getenv("BENCH_DEVICES")) do
    if index % 2 == number then
      local subject, name, token, timestamp = line:match("(%S+) (%S+) (%S+) (%S+)")
      local head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. token .. "\r\n"
      devices[index] = {
        number = index, name = name, position = timestamp, lane = tonumber(name:match("%d+$")),
        created = 0, deleted = 0, operations = 0,
        get = "GET /api/v1/sync/status" .. head .. "\r\n",
        post = "POST /api/v1/sync/bulk" .. head .. "Content-Type: application/json\r\nContent-Length: ",
      }
      table.insert(order, devices[index])
    end
    index = index + 1
  end
  math.randomseed(number + 1)
  -- wrk makes one request on its first thread to look at it, and does not send it.
  skip = number == 0
end

local time

local function operation(device, kind, data)
  device.operations = device.operations + 1
  -- The device's number is how the answer is recognised.
  return '{"opId":"' .. run .. "-" .. device.number .. "-" .. device.operations .. '","entity":"tasks","operation":"' .. kind
    .. '","clientId":"' .. device.name .. '","timestamp":"' .. time .. '","data":{"id":"' .. data .. "}}"
end

local function create(device)
  device.created = device.created + 1
  return operation(device, "create", run .. "-" .. device.number .. "-" .. device.created
    .. '","title":"Water the plants in the living room","description":"The big ones twice a week, the small ones every other'
    .. ' day, and the orchid once.","category":"home","isFocus":false,"status":"pending","dueDate":"2026-12-01T09:00:00.000Z"')
end

-- A record that was there before. The devices of one user keep out of each other's way, each in its lane: conflicts would
-- be answered and not written.
local function update(device)
  local record = math.random(0, seeded / lanes - 1) * lanes + device.lane
  return operation(device, "update", "seed-" .. record .. '","title":"Water the plants, edit '
    .. device.operations .. " of " .. run .. '","status":"' .. (device.operations % 2 == 0 and "completed" or "in_progress") .. '"')
end

local function delete(device)
  device.deleted = device.deleted + 1
  return operation(device, "delete", run .. "-" .. device.number .. "-" .. device.deleted .. '"')
end

local function post(device, operations, more)
  local body = '{"deviceId":"' .. device.name .. '","operations":[' .. operations .. "]" .. more .. "}"
  return device.post .. #body .. "\r\n\r\n" .. body
end

local function since(device) return ',"lastSyncTimestamp":"' .. device.position .. '"' end

local make = {
  W1 = function(device) return post(device, create(device), since(device)) end,
  W2 = function(device)
    local list = {}
    for i = 1, 3 do list[i] = create(device) end
    for i = 4, 9 do list[i] = update(device) end
    list[10] = delete(device)
    return post(device, table.concat(list, ","), since(device))
  end,
  W3 = function(device) return post(device, "", since(device)) end,
  W4 = function(device) return post(device, "", ',"limit":1000') end,
  W5 = function(device) return device.get end,
}
make.W6 = make.W2
make.mix = function(device)
  local chance = math.random(100)
  return make[chance <= 50 and "W3" or chance <= 70 and "W5" or chance <= 90 and "W1" or "W2"](device)
end

-- Called by wrk before a connection sends its next request: for how many milliseconds it is to wait. What is late by up to a second
-- is made up for, and no more: what came then would be a load of more than was asked for.
local rate = tonumber(os.getenv("BENCH_RATE") or "")
if rate then
  local ffi = require("ffi")
  ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *time);")
  local time, due = ffi.new("moment")
  function delay()
    ffi.C.clock_gettime(1, time)
    local now = tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
    due = math.max((due or now) + 2000 / rate, now - 1000)
    return math.max(due - now, 0)
  end
end

local turn = 0
function request()
  if skip then
    skip = false
    return order[1].get
  end
  time = os.date("!%Y-%m-%dT%H:%M:%S.000Z")
  turn = turn % #order + 1
  sent = sent + 1
  return make[workload](order[turn])
end

-- A client's next request begins where the answer to this one ended: without that a page would bring everything again.
local function follow(body)
  local device = devices[tonumber(body:sub(-3000):match('"opId":"[^-]*%-(%d+)%-'))]
  if device then device.position = body:match('"timestamp":"([^"]+)"') end
end

-- wrk calls it only if it is there, and copying pages of 300 KB for it would slow wrk down.
if writes or os.getenv("BENCH_CHECK") then
  function response(status, headers, body)
    local start = workload == "W5" and '"timestamp":"' or '{"success":true'
    local isRight = body:find(start, 1, true) or workload == "mix" and body:find('{"serverTime":"', 1, true) == 1
    if status ~= 200 or not isRight then
      bad = bad + 1
      if bad <= 3 then io.stderr:write("bad answer: ", status, " ", body:sub(1, 400), "\n") end
      return
    end
    answered = answered + 1
    if writes then follow(body) end
    if os.getenv("BENCH_SAMPLE") then last = body end
  end
end

function done(summary, latency)
  local sums = { sent = 0, answered = 0, bad = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  local errors = summary.errors
  local sample = os.getenv("BENCH_SAMPLE")
  if sample then
    local file = io.open(sample, "w")
    file:write(threads[1]:get("last"))
    file:close()
  end
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.1f,"p99":%.1f,"sent":%d,"answered":%d,"bad":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50), latency:percentile(99), sums.sent,
    sums.answered, sums.bad + (response and 0 or errors.status),
    errors.connect + errors.read + errors.write + errors.timeout))
end
