-- A write that changes nothing: once a replica has it, it has all that was written before it. What
-- is read, or expires, is not replicated.
--
-- KEYS[1]  a key beside the session's, in its slot, which nothing else uses
--
-- Answers with nothing. A replay changes nothing either.
redis.call('SET', KEYS[1], '', 'PX', 1)
redis.call('UNLINK', KEYS[1])
