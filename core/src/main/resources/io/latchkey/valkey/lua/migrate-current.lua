-- Ends the script with what is stored: '{' and the proof, the form, and the content.
-- Needs what migrate-find.lua sets, and `proof`.
local current = form == STRING and {redis.call('GET', key)} or redis.call('HGETALL', key)
table.insert(current, 1, form)
table.insert(current, 1, '{' .. proof)
do
  return current
end
