-- Automatic top-ups of wallets from saved payment methods.

-- Who a user is at the gateway.
CREATE TABLE top_up_customer (
    user_id     TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    made_at     TEXT NOT NULL
) STRICT;

-- A page on which a payment method is to be saved, and what will hold once it is.
CREATE TABLE top_up_setup (
    -- The key under which the gateway opened it.
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    currency        TEXT NOT NULL CHECK (length(currency) = 3),
    threshold       INTEGER NOT NULL CHECK (threshold > 0),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    monthly_cap     INTEGER NOT NULL CHECK (monthly_cap >= amount),
    customer_id     TEXT NOT NULL,
    session_id      TEXT NOT NULL UNIQUE,
    state           TEXT NOT NULL CHECK (state IN ('open', 'saved', 'expired')),
    consent_version INTEGER NOT NULL CHECK (consent_version > 0),
    consented_by    TEXT NOT NULL,
    consented_at    TEXT NOT NULL,
    expires_at      TEXT NOT NULL,
    -- Whether it counts for nothing: what is saved on it is forgotten.
    is_void         INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1)),
    -- When to ask the gateway about it if nothing is heard.
    next_look_at    TEXT,
    CHECK ((state = 'open') = (next_look_at IS NOT NULL))
) STRICT;

CREATE INDEX top_up_setup_due ON top_up_setup (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX top_up_setup_open ON top_up_setup (user_id, currency) WHERE state = 'open';

-- The top-up of a user in a currency. A row stays when its method is forgotten: its cool-down and its version go on.
CREATE TABLE top_up (
    user_id         TEXT NOT NULL,
    currency        TEXT NOT NULL CHECK (length(currency) = 3),
    -- Their accounts, which need not be there yet.
    wallet_id       TEXT NOT NULL UNIQUE,
    debt_id         TEXT NOT NULL UNIQUE,
    threshold       INTEGER NOT NULL CHECK (threshold > 0),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    monthly_cap     INTEGER NOT NULL CHECK (monthly_cap >= amount),
    state           TEXT NOT NULL CHECK (state IN ('on', 'off', 'declined')),
    customer_id     TEXT NOT NULL,
    method_id       TEXT,
    method_label    TEXT,
    consent_version INTEGER NOT NULL CHECK (consent_version > 0),
    consented_by    TEXT NOT NULL,
    consented_at    TEXT NOT NULL,
    declines        INTEGER NOT NULL DEFAULT 0 CHECK (declines >= 0),
    -- Until when nothing is charged after the last charge, whatever a card said to it.
    cool_until      TEXT,
    -- Until when it is left alone: as long as it cools down, and for a moment where something else kept it.
    next_look_at    TEXT NOT NULL,
    version         INTEGER NOT NULL CHECK (version > 0),
    updated_at      TEXT NOT NULL,
    PRIMARY KEY (user_id, currency),
    CHECK ((method_id IS NULL) = (method_label IS NULL)),
    CHECK (state <> 'on' OR method_id IS NOT NULL)
) STRICT;

CREATE INDEX top_up_on ON top_up (next_look_at) WHERE state = 'on';

-- What a payment of a top-up charges: a repeat charges the same.
CREATE TABLE top_up_charge (
    payment_id   TEXT NOT NULL PRIMARY KEY REFERENCES payment (id),
    customer_id  TEXT NOT NULL,
    method_id    TEXT NOT NULL,
    method_label TEXT NOT NULL,
    -- When it was claimed, by the store's clock.
    claimed_at   TEXT NOT NULL
) STRICT;

-- When a charge was perhaps sent: a row is written before each send, and goes when the gateway says that nothing came of it.
-- A claim without any is certainly not at the gateway.
CREATE TABLE top_up_send (
    id         TEXT NOT NULL PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES top_up_charge (payment_id),
    begun_at   TEXT NOT NULL
) STRICT;

CREATE INDEX top_up_send_of ON top_up_send (payment_id);

-- Methods that the gateway is to forget.
CREATE TABLE top_up_leaving (
    method_id    TEXT NOT NULL PRIMARY KEY,
    next_look_at TEXT NOT NULL
) STRICT;

CREATE INDEX payment_under_way ON payment (user_id, currency) WHERE state IN ('opening', 'open', 'processing');
