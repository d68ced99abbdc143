-- Sets `header` to the header's field of a hash, or ends the script: with '0' if there is no key,
-- with '?' if that is no hash of this format, or lacks a field.
-- Needs `proof`.
local header = redis.call('HGET', KEYS[1], 'latchkey')
if not header and redis.call('EXISTS', KEYS[1]) == 0 then
  return '0' .. proof
end
if not header or #header ~= COUNT_END or string.sub(header, 1, #FORMAT) ~= FORMAT
  or redis.call('HLEN', KEYS[1]) ~= tonumber(string.sub(header, COUNT, COUNT_END)) then
  return '?' .. proof
end
