-- Records an access to a hash of Spring Session's as Spring does.
--
-- KEYS[1]  the session's own key
-- KEYS[2]  the hash
-- ARGV[1]  the last access as it was read
-- ARGV[2]  the interval as it was read
-- ARGV[3]  the new access
-- ARGV[4]  the time to live in milliseconds, 0 for none
--
-- Answers with one character and the session's locator: '1' if it is recorded, '0' if the session is
-- gone, '!' if it is not as it was read.
--
-- A replay changes nothing: the stored access is its own.

-- include header.lua
local proof = string.sub(KEYS[1], -LOCATOR_LENGTH)
if redis.call('EXISTS', KEYS[1]) == 1 then
  return '!' .. proof
end
local access = redis.call('HGET', KEYS[2], 'lastAccessedTime')
if not access and redis.call('EXISTS', KEYS[2]) == 0 then
  return '0' .. proof
end
if access ~= ARGV[1] or redis.call('HGET', KEYS[2], 'maxInactiveInterval') ~= ARGV[2] then
  return '!' .. proof
end
redis.call('HSET', KEYS[2], 'lastAccessedTime', ARGV[3])
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return '1' .. proof
