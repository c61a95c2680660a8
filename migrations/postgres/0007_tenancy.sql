-- Users, businesses and API keys. Provisioning's tables know users and businesses as opaque ids: nothing refers here.

CREATE TABLE trunkline.users (
    id         text NOT NULL PRIMARY KEY,
    email      text,
    created_at timestamptz NOT NULL
);

CREATE TABLE trunkline.businesses (
    id         uuid NOT NULL PRIMARY KEY,
    user_id    text NOT NULL REFERENCES trunkline.users (id),
    name       text NOT NULL,
    time_zone  text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX businesses_of_user ON trunkline.businesses (user_id, created_at, id);

CREATE TABLE trunkline.api_keys (
    id         uuid NOT NULL PRIMARY KEY,
    -- SHA-256 of the secret; the secret itself is nowhere.
    hash       text NOT NULL UNIQUE,
    kind       text NOT NULL CHECK (kind IN ('user', 'service', 'operator')),
    user_id    text REFERENCES trunkline.users (id),
    name       text,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK ((kind = 'user') = (user_id IS NOT NULL))
);

CREATE INDEX api_keys_of_user ON trunkline.api_keys (user_id) WHERE user_id IS NOT NULL;
