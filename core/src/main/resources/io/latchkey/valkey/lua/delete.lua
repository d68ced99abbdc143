-- Removes a session, whatever its layout, and also if its body is damaged: its header proves whose
-- it is.
--
-- KEYS[1]  the session's key
-- KEYS[2]  and more: where Spring Session may have it, under keys that only its holder knows
-- ARGV[1]  the digest of the caller's secret
-- ARGV[2]  the time now, 13 digits of epoch milliseconds
--
-- Answers with one character and the session's locator: '1' if it was removed, '0' if the caller
-- has none here, '?' if what is stored has no header of this format.
--
-- A replay changes nothing: a locator is never used again.

-- include header.lua
local proof = string.sub(KEYS[1], -LOCATOR_LENGTH)
local form = STRING
local header = redis.pcall('GETRANGE', KEYS[1], 0, BODY - 1)
if type(header) == 'string' then
  header = string.sub(header, 1, #START) == START and string.sub(header, PREFIX + 1)
elseif string.find(header.err, 'WRONGTYPE', 1, true) then
  form, header = HASH, redis.pcall('HGET', KEYS[1], 'latchkey')
  if type(header) == 'table' then
    header = string.find(header.err, 'WRONGTYPE', 1, true) and '' or error(header.err)
  end
else
  redis.call('GETRANGE', KEYS[1], 0, 0) -- fails as it did, in the words of the server
end
local deleted = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  if not header or string.sub(header, 1, #FORMAT) ~= FORMAT or #header < DIGEST_END then
    return '?' .. proof
  end
  local digest, now = ARGV[1], ARGV[2]
  -- include secret.lua
  deleted = redis.call('UNLINK', KEYS[1])
end
for i = 2, #KEYS do
  deleted = deleted + redis.call('UNLINK', KEYS[i])
end
return (deleted > 0 and '1' or '0') .. proof
