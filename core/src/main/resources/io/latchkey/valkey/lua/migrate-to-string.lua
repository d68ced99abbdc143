-- Writes the next version of a session as a document, whatever form it has.
--
-- KEYS[1]  the session's key
-- KEYS[2]  and more: where Spring Session may have it
-- ARGV     see migrate-expected.lua; the one value is the document
--
-- Answers with '1' and the token of the next version, or as migrate-expected.lua says.
--
-- A replay changes nothing: the stored version is another one, or its token is the replay's own.

-- include header.lua
-- include migrate-expected.lua
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[7])
else
  redis.call('SET', KEYS[1], ARGV[7], 'PX', ARGV[3])
end
if is_spring then
  redis.call('UNLINK', key)
end
return '1' .. proof
