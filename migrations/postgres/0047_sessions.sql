-- Who can sign in at a browser, who is signed in, and what signing in needs for a while. Of every secret there is its
-- SHA-256 alone.

CREATE TABLE trunkline.sign_in_account (
    id          uuid NOT NULL PRIMARY KEY,
    email       text,
    -- The address without capitals, by which it is found.
    email_key   text UNIQUE,
    -- Who they are at the identity provider.
    subject     text UNIQUE,
    user_id     text REFERENCES trunkline.users (id),
    -- The operator's key that was made with the account.
    key_id      uuid UNIQUE REFERENCES trunkline.api_keys (id),
    -- A PHC string of Argon2id.
    password    text,
    disabled_at timestamptz,
    -- Grows with every change of the password and of the state.
    revision    bigint NOT NULL CHECK (revision > 0),
    created_at  timestamptz NOT NULL,
    CHECK ((user_id IS NULL) <> (key_id IS NULL)),
    CHECK ((email IS NULL) = (email_key IS NULL)),
    CHECK (email IS NOT NULL OR subject IS NOT NULL)
);

CREATE INDEX sign_in_account_by_age ON trunkline.sign_in_account (created_at, id);

-- A row is a session; one that ends early is deleted.
CREATE TABLE trunkline.session (
    id           uuid NOT NULL PRIMARY KEY,
    token_hash   text NOT NULL UNIQUE,
    account_id   uuid NOT NULL REFERENCES trunkline.sign_in_account (id),
    method       text NOT NULL CHECK (method IN ('password', 'oidc', 'link')),
    started_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    address      text,
    user_agent   text
);

CREATE INDEX session_of_account ON trunkline.session (account_id, started_at, id);
CREATE INDEX session_by_age ON trunkline.session (started_at);
CREATE INDEX session_by_use ON trunkline.session (last_seen_at);

-- A row is a link that works; one that is used is deleted.
CREATE TABLE trunkline.sign_in_link (
    token_hash text NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES trunkline.sign_in_account (id),
    expires_at timestamptz NOT NULL
);

CREATE INDEX sign_in_link_of_account ON trunkline.sign_in_link (account_id);
CREATE INDEX sign_in_link_by_end ON trunkline.sign_in_link (expires_at);

-- Attempts that have not succeeded.
CREATE TABLE trunkline.sign_in_attempt (
    id         uuid NOT NULL PRIMARY KEY,
    -- Of what was typed as the address; whose it is, if anybody's, does not matter.
    email_hash text NOT NULL,
    network    text,
    -- False while nobody has said what became of it.
    has_failed boolean NOT NULL DEFAULT FALSE,
    at         timestamptz NOT NULL
);

CREATE INDEX sign_in_attempt_of_account ON trunkline.sign_in_attempt (email_hash, at);
CREATE INDEX sign_in_attempt_of_network ON trunkline.sign_in_attempt (network, at) WHERE network IS NOT NULL;
CREATE INDEX sign_in_attempt_by_age ON trunkline.sign_in_attempt (at);

-- Sign-ins that go on at the identity provider.
CREATE TABLE trunkline.sign_in_pending (
    state_hash   text NOT NULL PRIMARY KEY,
    browser_hash text NOT NULL,
    nonce        text NOT NULL,
    -- Proves nothing without the code, which only the provider and the browser have.
    verifier     text NOT NULL,
    return_to    text NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE INDEX sign_in_pending_by_end ON trunkline.sign_in_pending (expires_at);
