-- Writes the next version of a session as a hash, whatever form it has.
--
-- KEYS[1]  the session's key
-- KEYS[2]  and more: where Spring Session may have it
-- ARGV     see migrate-expected.lua; the values are the header's field without the count, then
--          fields and their values
--
-- Answers with '1' and the token of the next version, or as migrate-expected.lua says.
--
-- A replay changes nothing: the stored version is another one, or its token is the replay's own.

-- include header.lua
-- include migrate-expected.lua

-- What the server's user may not do has to fail before anything is removed, and what a full server
-- refuses first, see hash-apply.lua.
local at = KEYS[1]
if form ~= HASH then
  if form ~= STRING then
    redis.call('HLEN', at)
  end
  redis.call('SETRANGE', at, 0, '')
end
if ARGV[3] ~= '0' then
  redis.call('PEXPIRE', at, ARGV[3])
end
if form == STRING then
  -- Both are refused for the type of what is stored, unless the user may not call them.
  for _, call in ipairs({{'HLEN', at}, {'HSET', at, 'latchkey', ''}}) do
    local refused = redis.pcall(unpack(call))
    if not string.find(refused.err, 'WRONGTYPE', 1, true) then
      redis.call(unpack(call))
    end
  end
end
redis.call('UNLINK', at)
for i = 8, 6 + values, 1000 do
  redis.call('HSET', at, unpack(ARGV, i, math.min(i + 999, 6 + values)))
end
redis.call('HSET', at, 'latchkey',
  ARGV[7] .. string.format(' %07d', redis.call('HLEN', at) + 1))
if ARGV[3] ~= '0' then
  redis.call('PEXPIRE', at, ARGV[3])
end
if is_spring then
  redis.call('UNLINK', key)
end
return '1' .. proof
