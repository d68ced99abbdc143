-- Writes the next version of a hash if the stored one is the one expected.
--
-- KEYS[1]  the session's key
-- ARGV[1]  the counter and token of the expected version
-- ARGV[2]  the next header's field without the count
-- ARGV[3]  the time to live in milliseconds, 0 for none
-- ARGV[4]  the digest of the caller's secret
-- ARGV[5]  how many fields and values follow, which are set; then come fields to remove
--
-- Answers with one character and the token of the next header: '1' if that is stored, '0' if the
-- caller has no session here, '?' if what is stored is no hash of this format. Or with a list: '{',
-- and the fields and values that are stored instead of the expected ones.
--
-- A replay changes nothing: the stored version is another one, or its token is the replay's own.

-- include header.lua
local proof = string.sub(ARGV[2], TOKEN, TOKEN_END)
-- include hash-header.lua
if string.sub(header, TOKEN, TOKEN_END) == proof then
  return '1' .. proof
end
local form, digest, now = HASH, ARGV[4], string.sub(ARGV[2], ACCESS, ACCESS_END)
-- include secret.lua
if string.sub(header, VERSION, VERSION_END) ~= ARGV[1] then
  local all = redis.call('HGETALL', KEYS[1])
  table.insert(all, 1, '{')
  return all
end
redis.call('HSET', KEYS[1], 'latchkey', header)
local missing = 0
-- include hash-apply.lua
return '1' .. proof
