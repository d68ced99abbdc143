-- Sets `header` to the header of a document, or ends the script: with '0' if there is no key, with
-- '?' if that is no document of this format, or not of the length that its header says.
-- Needs `proof`.
local header = redis.call('GETRANGE', KEYS[1], 0, BODY - 1)
if header == '' and redis.call('EXISTS', KEYS[1]) == 0 then
  return '0' .. proof
end
if #header ~= BODY or string.sub(header, 1, #START) ~= START
  or redis.call('STRLEN', KEYS[1])
    ~= BODY + (tonumber(string.sub(header, PREFIX + LENGTH, PREFIX + LENGTH_END)) or -1) then
  return '?' .. proof
end
header = string.sub(header, PREFIX + 1)
