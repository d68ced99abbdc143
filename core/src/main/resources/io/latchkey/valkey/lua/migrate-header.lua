-- Makes `header` the header alone, in either form of ours, or ends the script with '?'.
-- Needs what migrate-find.lua sets, and `proof`.
if form == STRING then
  if #header ~= BODY or string.sub(header, 1, #START) ~= START
    or redis.call('STRLEN', key)
      ~= BODY + (tonumber(string.sub(header, PREFIX + LENGTH, PREFIX + LENGTH_END)) or -1) then
    return '?' .. proof
  end
  header = string.sub(header, PREFIX + 1)
elseif form == HASH then
  if not header or #header ~= COUNT_END or string.sub(header, 1, #FORMAT) ~= FORMAT
    or redis.call('HLEN', key) ~= tonumber(string.sub(header, COUNT, COUNT_END)) then
    return '?' .. proof
  end
end
