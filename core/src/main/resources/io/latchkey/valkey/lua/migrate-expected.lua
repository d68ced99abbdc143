-- Ends the script unless what is stored is what the caller expects.
--
-- Arguments of a write, whatever the layout that it writes:
-- ARGV[1]  the counter and token of the expected version; empty for a hash of Spring's
-- ARGV[2]  the token of the next version
-- ARGV[3]  the time to live in milliseconds, 0 for none
-- ARGV[4]  the digest of the caller's secret
-- ARGV[5]  the time now, 13 digits of epoch milliseconds
-- ARGV[6]  how many values the layout writes, then these; then, if a hash of Spring's is expected,
--          its fields and values. All must be as they were read, except for the last access, as an
--          access is no change.
--
-- Answers with one character and the token: '0' if the caller has no session here, '1' if it was
-- written by an earlier run, '?' if what is stored has another format. Or, for another version, as
-- migrate-read.lua does.
local proof = ARGV[2]
-- include migrate-find.lua
if form == NONE then
  return '0' .. proof
end
-- include migrate-header.lua
local values = tonumber(ARGV[6])
local is_expected
if is_spring then
  is_expected = redis.call('HLEN', key) == (#ARGV - 6 - values) / 2
  for i = 7 + values, #ARGV, 2 do
    is_expected = is_expected
      and (ARGV[i] == 'lastAccessedTime' or redis.call('HGET', key, ARGV[i]) == ARGV[i + 1])
  end
else
  if string.sub(header, TOKEN, TOKEN_END) == proof then
    return '1' .. proof
  end
  local digest, now = ARGV[4], ARGV[5]
  -- include secret.lua
  is_expected = string.sub(header, VERSION, VERSION_END) == ARGV[1]
end
if not is_expected then
  -- include migrate-current.lua
end
