-- Records an access to a session in whatever form it has, but for one of Spring's.
--
-- KEYS[1]  the session's key
-- KEYS[2]  and more: where Spring Session may have it
-- ARGV[1]  the time of the access, 13 digits of epoch milliseconds
-- ARGV[2]  the store's touch interval in milliseconds, -1 for a sixtieth of the idle timeout
-- ARGV[3]  the digest of the caller's secret
--
-- Answers with one character and the session's locator: '1' if there is such a session, '0' if the
-- caller has none here, '?' if what is stored is neither a document nor a hash of this format. Or,
-- for a hash of Spring's, as migrate-read.lua does; migrate-touch-spring.lua goes on from there.
--
-- A replay changes nothing: the stored access is as late as its own.

-- include header.lua
local proof = string.sub(KEYS[1], -LOCATOR_LENGTH)
-- include migrate-find.lua
if form == NONE then
  return '0' .. proof
end
if is_spring then
  -- include migrate-current.lua
end
-- include migrate-header.lua
local digest, now = ARGV[3], ARGV[1]
-- include secret.lua
-- include time-to-live.lua
if form == STRING then
  redis.call('SETRANGE', key, PREFIX + ACCESS - 1, ARGV[1])
else
  redis.call('HSET', key, 'latchkey',
    string.sub(header, 1, ACCESS - 1) .. ARGV[1] .. string.sub(header, ACCESS_END + 1))
end
if ttl > 0 then
  redis.call('PEXPIRE', key, string.format('%.0f', ttl))
end
return '1' .. proof
