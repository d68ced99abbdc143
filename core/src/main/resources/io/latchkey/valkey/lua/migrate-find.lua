-- Sets `key`, `form` and `header`: of what is under the session's key, or else of Spring Session's
-- hash. That is looked for only where we have nothing: a session that was migrated is ours, and one
-- that has ended since must not be found there again.
local key, form, header = KEYS[1], NONE, false
if redis.call('EXISTS', key) == 1 then
  header = redis.pcall('GETRANGE', key, 0, BODY - 1)
  if type(header) == 'string' then
    form = STRING
  else
    form, header = HASH, redis.call('HGET', key, 'latchkey')
  end
else
  for i = 2, #KEYS do
    if redis.call('EXISTS', KEYS[i]) == 1 then
      key, form = KEYS[i], SPRING .. i
      break
    end
  end
end
local is_spring = string.sub(form, 1, #SPRING) == SPRING
