-- Sets and removes the fields of a hash, then its header, and its time to live.
-- Needs `missing`: how many fields the hash lacks before the header is written.
--
-- HSET and HDEL in parts, as Lua cannot unpack more than some thousand values at a time. A script
-- is not undone where it fails. So each command that the server's user may lack is called once where
-- it changes nothing, before anything is changed; and of those the first that writes is one that a
-- full server refuses, as only the first is refused for that.
local sets = tonumber(ARGV[5])
local function expire()
  if ARGV[3] == '0' then
    redis.call('PERSIST', KEYS[1])
  else
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
  end
end
expire()
if #ARGV > 5 + sets then
  redis.call('HDEL', KEYS[1], '')
end
for i = 6, 5 + sets, 1000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, 5 + sets)))
end
for i = 6 + sets, #ARGV, 1000 do
  redis.call('HDEL', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
redis.call('HSET', KEYS[1], 'latchkey',
  ARGV[2] .. string.format(' %07d', redis.call('HLEN', KEYS[1]) + missing))
