-- Reads a session in whatever form it has.
--
-- KEYS[1]  the session's key
-- KEYS[2]  and more: where Spring Session may have it
--
-- Answers with '0' and the session's locator if there is nothing. Or with a list: '{' and the
-- locator, the form (for Spring's, and the number of the key), and what is stored.

-- include header.lua
local proof = string.sub(KEYS[1], -LOCATOR_LENGTH)
-- include migrate-find.lua
if form == NONE then
  return '0' .. proof
end
-- include migrate-current.lua
