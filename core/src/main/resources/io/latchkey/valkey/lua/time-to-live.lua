-- Sets `ttl`, in milliseconds, 0 for none, from what the header says: the same arithmetic as
-- SessionSettings.timeToLive. An access that is not later than the stored one ends the script with
-- '1', a session that has reached its absolute end with '0'.
-- Needs `header`, `proof`, ARGV[1] (the access) and ARGV[2] (the store's touch interval, -1 for a
-- sixtieth of the session's idle timeout).
if ARGV[1] <= string.sub(header, ACCESS, ACCESS_END) then
  return '1' .. proof
end
local idle = tonumber(string.sub(header, IDLE, IDLE_END))
local absolute = tonumber(string.sub(header, ABSOLUTE, ABSOLUTE_END))
local ttl = idle
if idle > 0 then
  local interval = tonumber(ARGV[2])
  if interval < 0 then
    interval = math.floor(idle / 60)
  elseif interval > idle then
    interval = idle
  end
  ttl = idle + interval
end
if absolute > 0 then
  local left = absolute - tonumber(ARGV[1])
  if left <= 0 then
    return '0' .. proof
  end
  if ttl == 0 or left < ttl then
    ttl = left
  end
end
