/** What Redis does in one step: scripts, sent once and called by their hash. */
import { createHash } from "node:crypto";

/** A command and its arguments, answered with buffers. */
export type Call = (args: Array<string | Buffer>) => Promise<unknown>;

/** A script of Redis; the keys of one log share a hash tag, and so a shard. */
export class Script {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash("sha1").update(text).digest("hex");
  }

  async run(call: Call, keys: readonly string[], args: ReadonlyArray<string | Buffer>): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await call(["EVALSHA", this.#hash, ...rest]);
    } catch (error) {
      // Nothing has been done then: a Redis that was started anew knows no scripts.
      if (!(error as Error).message?.startsWith("NOSCRIPT")) throw error;
      return call(["EVAL", this.#text, ...rest]);
    }
  }
}

/**
 * Positions are the time of Redis in microseconds, or one more than the last. A log that is not there (any longer)
 * begins now, so that whoever has positions of an earlier one is told that it does not reach back.
 */
const OPEN = `
local function text(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local known = redis.call('HMGET', KEYS[1], 'head', 'floor', 'bytes')
local head, floor, bytes = tonumber(known[1]), tonumber(known[2]), tonumber(known[3])
if not head then
  head, floor, bytes = now, now, 0
  redis.call('HSET', KEYS[1], 'head', text(head), 'floor', text(floor), 'bytes', '0')
end
`;

/**
 * Keys: log, index, messages, sender. Arguments: prefix, batch, milliseconds to remember the sender, most age, entries and
 * bytes, PUBLISH or SPUBLISH; then message, number of streams and the streams for each entry.
 */
export const APPEND: Script = new Script(`${OPEN}
local prefix, batch = ARGV[1], tonumber(ARGV[2])
if tonumber(redis.call('GET', KEYS[4]) or '0') >= batch then return 0 end
local at, added = 8, 0
while at <= #ARGV do
  local message, count = ARGV[at], tonumber(ARGV[at + 1])
  head = math.max(head + 1, now)
  local id = text(head) .. '-0'
  local streams = {}
  redis.call('XADD', KEYS[3], id, 'm', message)
  for index = 1, count do
    local stream = ARGV[at + 1 + index]
    streams[index] = stream
    redis.call('XADD', prefix .. 's:' .. stream, id, '', '')
  end
  redis.call('XADD', KEYS[2], id, 's', table.concat(streams, ' '), 'b', #message)
  for index = 1, count do
    redis.call(ARGV[7], prefix .. 'c:' .. streams[index], struct.pack('<d', head) .. message)
  end
  bytes = bytes + #message
  added = added + 1
  at = at + 2 + count
end
redis.call('SET', KEYS[4], ARGV[2], 'PX', ARGV[3])

local oldest = now - tonumber(ARGV[4]) * 1000
local maxEntries, maxBytes = tonumber(ARGV[5]), tonumber(ARGV[6])
local entries, budget = redis.call('XLEN', KEYS[2]), added + 64
while budget > 0 do
  local found = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 16)
  if #found == 0 then break end
  for _, entry in ipairs(found) do
    local id, fields = entry[1], entry[2]
    local position = tonumber(string.match(id, '^%d+'))
    if entries <= maxEntries and bytes <= maxBytes and position >= oldest then
      budget = 0
      break
    end
    for stream in string.gmatch(fields[2], '%S+') do
      local key = prefix .. 's:' .. stream
      redis.call('XDEL', key, id)
      if redis.call('XLEN', key) == 0 then redis.call('DEL', key) end
    end
    redis.call('XDEL', KEYS[2], id)
    redis.call('XDEL', KEYS[3], id)
    floor, entries, bytes, budget = position, entries - 1, bytes - tonumber(fields[4]), budget - 1
  end
end
redis.call('HSET', KEYS[1], 'head', text(head), 'floor', text(floor), 'bytes', text(bytes))
return 1
`);

/** Keys: log, messages. Arguments: prefix, position, streams. Answers head, completeness, then positions and messages. */
export const READ: Script = new Script(`${OPEN}
local after = tonumber(ARGV[2])
local seen, ids = {}, {}
for index = 3, #ARGV do
  for _, entry in ipairs(redis.call('XRANGE', ARGV[1] .. 's:' .. ARGV[index], text(after) .. '-1', '+')) do
    local id = entry[1]
    if not seen[id] then
      seen[id] = true
      ids[#ids + 1] = id
    end
  end
end
table.sort(ids, function(a, b)
  return tonumber(string.match(a, '^%d+')) < tonumber(string.match(b, '^%d+'))
end)
local answer = { text(head), after >= floor and 1 or 0 }
for _, id in ipairs(ids) do
  local entry = redis.call('XRANGE', KEYS[2], id, id)[1]
  if entry then
    answer[#answer + 1] = string.match(id, '^%d+')
    answer[#answer + 1] = entry[2][2]
  end
end
return answer
`);

/** Key: log. */
export const HEAD: Script = new Script(`${OPEN} return text(head)`);

/** Key: record. Arguments: owner, value, milliseconds. */
export const HOLD: Script = new Script(`
local owner = redis.call('HGET', KEYS[1], 'o')
if owner and owner ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'o', ARGV[1], 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`);

/** Key: record. Argument: owner. */
export const SEIZE: Script = new Script(`
local value = redis.call('HGET', KEYS[1], 'v')
if value then redis.call('HSET', KEYS[1], 'o', ARGV[1]) end
return value
`);

/** Key: record. Argument: owner. */
export const RELEASE: Script = new Script(`
if redis.call('HGET', KEYS[1], 'o') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);

/** Key: record. Arguments: value, milliseconds. */
export const ADD: Script = new Script(`
local value = redis.call('HGET', KEYS[1], 'v')
if value then return value end
redis.call('HSET', KEYS[1], 'o', '', 'v', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return false
`);
