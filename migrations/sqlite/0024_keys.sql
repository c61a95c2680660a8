-- What a key is for, how long, when it was last used, and whose successor it is.

-- Names of scopes with a blank between them. NULL for a key of the time before: it has every scope of its kind.
ALTER TABLE api_keys ADD COLUMN scopes TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at TEXT;
ALTER TABLE api_keys ADD COLUMN last_used_at TEXT;
ALTER TABLE api_keys ADD COLUMN replaces TEXT REFERENCES api_keys (id);

-- A key has one successor, whoever rotates it at the same time.
CREATE UNIQUE INDEX api_keys_successor ON api_keys (replaces) WHERE replaces IS NOT NULL;

-- Lists of keys, newest first: everybody's, and one user's.
CREATE INDEX api_keys_by_age ON api_keys (created_at, id);
DROP INDEX api_keys_of_user;
CREATE INDEX api_keys_of_user ON api_keys (user_id, created_at, id) WHERE user_id IS NOT NULL;
