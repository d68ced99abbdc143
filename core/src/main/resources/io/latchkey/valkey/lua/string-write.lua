-- Writes the next version of a document if the stored one is the one expected.
--
-- KEYS[1]  the session's key
-- ARGV[1]  what the expected document starts with, up to its checksum; if it was not read from one,
--          its header, and zeros behind
-- ARGV[2]  the index of the last character of that, counted from the document's end as GETRANGE
--          counts: in a document that was cut off, or continued, it is another place; 0 if the
--          expected version was not read from a document
-- ARGV[3]  the next document
-- ARGV[4]  its time to live in milliseconds, 0 for none
-- ARGV[5]  the digest of the caller's secret
--
-- Answers with one character and the token of the next document: '1' if that is stored, '0' if the
-- caller has no session here, '?' if what is stored is no document of this format. Or with the
-- document that is stored instead of the expected one.
--
-- A replay changes nothing: the stored version is another one, or its token is the replay's own.

-- include header.lua
local proof = string.sub(ARGV[3], PREFIX + TOKEN, PREFIX + TOKEN_END)
-- One question is enough for most documents that the caller has read: whether this one starts as
-- that did, except for the last access, and is as long. The rest is for what was saved since, or
-- was not read.
local start = ARGV[2] ~= '0' and redis.call('GETRANGE', KEYS[1], 0, ARGV[2])
local is_as_read = start == ARGV[1] or (start and #start == #ARGV[1]
  and string.sub(start, 1, PREFIX + ACCESS - 1) == string.sub(ARGV[1], 1, PREFIX + ACCESS - 1)
  and string.sub(start, PREFIX + IDLE) == string.sub(ARGV[1], PREFIX + IDLE))
if not is_as_read then
  -- include string-header.lua
  if string.sub(header, TOKEN, TOKEN_END) == proof then
    return '1' .. proof
  end
  local form, digest = STRING, ARGV[5]
  local now = string.sub(ARGV[3], PREFIX + ACCESS, PREFIX + ACCESS_END)
  -- include secret.lua
  if string.sub(header, VERSION, VERSION_END)
    ~= string.sub(ARGV[1], PREFIX + VERSION, PREFIX + VERSION_END) then
    return redis.call('GET', KEYS[1])
  end
end
if ARGV[4] == '0' then
  redis.call('SET', KEYS[1], ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return '1' .. proof
