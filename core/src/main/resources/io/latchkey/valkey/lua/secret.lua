-- Ends the script with '0' unless the caller's secret opens the session: it is the present one, or
-- the former one within the grace of a renewal.
-- Needs `header`, `form`, `digest` (of the caller's secret), `now` (13 digits) and `proof`.
if string.sub(header, DIGEST, DIGEST_END) ~= digest then
  local former
  if form == STRING then
    former = redis.call('GETRANGE', KEYS[1], BODY, BODY + #FORMER + FORMER_LENGTH - 1)
    former = string.sub(former, 1, #FORMER) == FORMER and string.sub(former, #FORMER + 1)
  else
    former = redis.call('HGET', KEYS[1], 'former')
  end
  if not former or string.sub(former, 1, FORMER_DIGEST_END) ~= digest
    or string.sub(former, FORMER_UNTIL, FORMER_UNTIL_END) <= now then
    return '0' .. proof
  end
end
