-- Records an access to a document and restarts its time to live.
--
-- KEYS[1]  the session's key
-- ARGV[1]  the time of the access, 13 digits of epoch milliseconds
-- ARGV[2]  the store's touch interval in milliseconds, -1 for a sixtieth of the idle timeout
-- ARGV[3]  the digest of the caller's secret
--
-- Answers with one character and the session's locator: '1' if there is such a session, '0' if the
-- caller has none here, '?' if what is stored is no document of this format.
--
-- A replay changes nothing: the stored access is as late as its own.

-- include header.lua
local proof = string.sub(KEYS[1], -LOCATOR_LENGTH)
-- include string-header.lua
local form, digest, now = STRING, ARGV[3], ARGV[1]
-- include secret.lua
-- include time-to-live.lua
if ttl > 0 then
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl))
end
redis.call('SETRANGE', KEYS[1], PREFIX + ACCESS - 1, ARGV[1])
return '1' .. proof
