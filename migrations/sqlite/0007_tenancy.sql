-- Users, businesses and API keys. Provisioning's tables know users and businesses as opaque ids: nothing refers here.

CREATE TABLE users (
    id         TEXT NOT NULL PRIMARY KEY,
    email      TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE businesses (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL,
    time_zone  TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE INDEX businesses_of_user ON businesses (user_id, created_at, id);

CREATE TABLE api_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret; the secret itself is nowhere.
    hash       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('user', 'service', 'operator')),
    user_id    TEXT REFERENCES users (id),
    name       TEXT,
    created_at TEXT NOT NULL,
    revoked_at TEXT,
    CHECK ((kind = 'user') = (user_id IS NOT NULL))
) STRICT;

CREATE INDEX api_keys_of_user ON api_keys (user_id) WHERE user_id IS NOT NULL;
