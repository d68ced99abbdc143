-- Where things are in what is stored of a session. The Java side of it: SessionHeader,
-- StringDocument, HashFields. Positions count from 1, ends are included.

-- In the header, which both layouts have:
local FORMAT = '1 '
local LOCATOR_LENGTH = 16
local ACCESS, ACCESS_END = 20, 32
local IDLE, IDLE_END = 34, 46
local ABSOLUTE, ABSOLUTE_END = 48, 60
local VERSION, VERSION_END = 62, 84 -- the counter and the token
local TOKEN, TOKEN_END = 73, 84
local DIGEST, DIGEST_END = 86, 117
-- behind it, in a document:
local LENGTH, LENGTH_END = 119, 128
-- behind it, in the field of a hash:
local COUNT, COUNT_END = 133, 139

-- In a document, before and behind its header:
local START = '{"latchkey":"' .. FORMAT
local PREFIX = 13 -- characters before the header
local BODY = 151 -- characters before the body
local FORMER = ',"former":"' -- what the body starts with if there is a former secret

-- In what is stored of the former secret:
local FORMER_DIGEST_END = 32
local FORMER_UNTIL, FORMER_UNTIL_END = 34, 46
local FORMER_LENGTH = 59

-- The forms in which a session may be stored:
local STRING, HASH, SPRING, NONE = 'string', 'hash', 'spring', 'none'
