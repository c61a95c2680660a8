-- Who can sign in at a browser, who is signed in, and what signing in needs for a while. Of every secret there is its
-- SHA-256 alone.

CREATE TABLE sign_in_account (
    id          TEXT NOT NULL PRIMARY KEY,
    email       TEXT,
    -- The address without capitals, by which it is found.
    email_key   TEXT UNIQUE,
    -- Who they are at the identity provider.
    subject     TEXT UNIQUE,
    user_id     TEXT REFERENCES users (id),
    -- The operator's key that was made with the account.
    key_id      TEXT UNIQUE REFERENCES api_keys (id),
    -- A PHC string of Argon2id.
    password    TEXT,
    disabled_at TEXT,
    -- Grows with every change of the password and of the state.
    revision    INTEGER NOT NULL CHECK (revision > 0),
    created_at  TEXT NOT NULL,
    CHECK ((user_id IS NULL) <> (key_id IS NULL)),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK (email IS NOT NULL OR subject IS NOT NULL)
) STRICT;

CREATE INDEX sign_in_account_by_age ON sign_in_account (created_at, id);

-- A row is a session; one that ends early is deleted.
CREATE TABLE session (
    id           TEXT NOT NULL PRIMARY KEY,
    token_hash   TEXT NOT NULL UNIQUE,
    account_id   TEXT NOT NULL REFERENCES sign_in_account (id),
    method       TEXT NOT NULL CHECK (method IN ('password', 'oidc', 'link')),
    started_at   TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    address      TEXT,
    user_agent   TEXT
) STRICT;

CREATE INDEX session_of_account ON session (account_id, started_at, id);
CREATE INDEX session_by_age ON session (started_at);
CREATE INDEX session_by_use ON session (last_seen_at);

-- A row is a link that works; one that is used is deleted.
CREATE TABLE sign_in_link (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES sign_in_account (id),
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX sign_in_link_of_account ON sign_in_link (account_id);
CREATE INDEX sign_in_link_by_end ON sign_in_link (expires_at);

-- Attempts that have not succeeded.
CREATE TABLE sign_in_attempt (
    id         TEXT NOT NULL PRIMARY KEY,
    -- Of what was typed as the address; whose it is, if anybody's, does not matter.
    email_hash TEXT NOT NULL,
    network    TEXT,
    -- False while nobody has said what became of it.
    has_failed INTEGER NOT NULL DEFAULT 0 CHECK (has_failed IN (0, 1)),
    at         TEXT NOT NULL
) STRICT;

CREATE INDEX sign_in_attempt_of_account ON sign_in_attempt (email_hash, at);
CREATE INDEX sign_in_attempt_of_network ON sign_in_attempt (network, at) WHERE network IS NOT NULL;
CREATE INDEX sign_in_attempt_by_age ON sign_in_attempt (at);

-- Sign-ins that go on at the identity provider.
CREATE TABLE sign_in_pending (
    state_hash   TEXT NOT NULL PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    -- Proves nothing without the code, which only the provider and the browser have.
    verifier     TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    expires_at   TEXT NOT NULL
) STRICT;

CREATE INDEX sign_in_pending_by_end ON sign_in_pending (expires_at);
