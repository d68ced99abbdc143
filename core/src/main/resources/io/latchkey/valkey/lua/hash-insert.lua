-- Stores a new session as a hash.
--
-- KEYS[1]  the session's key
-- ARGV[1]  not used
-- ARGV[2]  the header's field without the count
-- ARGV[3]  the time to live in milliseconds, 0 for none
-- ARGV[4]  not used
-- ARGV[5]  how many fields and values follow, which are set
--
-- Answers with one character and the token of the header: '1' if it is stored, '0' if there is
-- something under the key already.
--
-- A replay changes nothing: there is something under the key.

-- include header.lua
local proof = string.sub(ARGV[2], TOKEN, TOKEN_END)
if redis.call('EXISTS', KEYS[1]) == 1 then
  return '0' .. proof
end
redis.call('HLEN', KEYS[1])
redis.call('SETRANGE', KEYS[1], 0, '')
local missing = 1 -- the header itself
-- include hash-apply.lua
expire() -- there was no key before
return '1' .. proof
