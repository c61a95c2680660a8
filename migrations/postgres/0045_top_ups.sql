-- Automatic top-ups of wallets from saved payment methods.

-- Who a user is at the gateway.
CREATE TABLE trunkline.top_up_customer (
    user_id     text NOT NULL PRIMARY KEY,
    customer_id text NOT NULL,
    made_at     timestamptz NOT NULL
);

-- A page on which a payment method is to be saved, and what will hold once it is.
CREATE TABLE trunkline.top_up_setup (
    -- The key under which the gateway opened it.
    id              uuid NOT NULL PRIMARY KEY,
    user_id         text NOT NULL,
    currency        text NOT NULL CHECK (length(currency) = 3),
    threshold       trunkline.amount NOT NULL CHECK (threshold > 0),
    amount          trunkline.amount NOT NULL CHECK (amount > 0),
    monthly_cap     trunkline.amount NOT NULL CHECK (monthly_cap >= amount),
    customer_id     text NOT NULL,
    session_id      text NOT NULL UNIQUE,
    state           text NOT NULL CHECK (state IN ('open', 'saved', 'expired')),
    consent_version integer NOT NULL CHECK (consent_version > 0),
    consented_by    jsonb NOT NULL,
    consented_at    timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    -- Whether it counts for nothing: what is saved on it is forgotten.
    is_void         boolean NOT NULL DEFAULT false,
    -- When to ask the gateway about it if nothing is heard.
    next_look_at    timestamptz,
    CHECK ((state = 'open') = (next_look_at IS NOT NULL))
);

CREATE INDEX top_up_setup_due ON trunkline.top_up_setup (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX top_up_setup_open ON trunkline.top_up_setup (user_id, currency) WHERE state = 'open';

-- The top-up of a user in a currency. A row stays when its method is forgotten: its cool-down and its version go on.
CREATE TABLE trunkline.top_up (
    user_id         text NOT NULL,
    currency        text NOT NULL CHECK (length(currency) = 3),
    -- Their accounts, which need not be there yet.
    wallet_id       uuid NOT NULL UNIQUE,
    debt_id         uuid NOT NULL UNIQUE,
    threshold       trunkline.amount NOT NULL CHECK (threshold > 0),
    amount          trunkline.amount NOT NULL CHECK (amount > 0),
    monthly_cap     trunkline.amount NOT NULL CHECK (monthly_cap >= amount),
    state           text NOT NULL CHECK (state IN ('on', 'off', 'declined')),
    customer_id     text NOT NULL,
    method_id       text,
    method_label    text,
    consent_version integer NOT NULL CHECK (consent_version > 0),
    consented_by    jsonb NOT NULL,
    consented_at    timestamptz NOT NULL,
    declines        integer NOT NULL DEFAULT 0 CHECK (declines >= 0),
    -- Until when nothing is charged after the last charge, whatever a card said to it.
    cool_until      timestamptz,
    -- Until when it is left alone: as long as it cools down, and for a moment where something else kept it.
    next_look_at    timestamptz NOT NULL,
    version         integer NOT NULL CHECK (version > 0),
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (user_id, currency),
    CHECK ((method_id IS NULL) = (method_label IS NULL)),
    CHECK (state <> 'on' OR method_id IS NOT NULL)
);

CREATE INDEX top_up_on ON trunkline.top_up (next_look_at) WHERE state = 'on';

-- What a payment of a top-up charges: a repeat charges the same.
CREATE TABLE trunkline.top_up_charge (
    payment_id   uuid NOT NULL PRIMARY KEY REFERENCES trunkline.payment (id),
    customer_id  text NOT NULL,
    method_id    text NOT NULL,
    method_label text NOT NULL,
    -- When it was claimed, by the store's clock.
    claimed_at   timestamptz NOT NULL
);

-- When a charge was perhaps sent: a row is written before each send, and goes when the gateway says that nothing came of it.
-- A claim without any is certainly not at the gateway.
CREATE TABLE trunkline.top_up_send (
    id         uuid NOT NULL PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES trunkline.top_up_charge (payment_id),
    begun_at   timestamptz NOT NULL
);

CREATE INDEX top_up_send_of ON trunkline.top_up_send (payment_id);

-- Methods that the gateway is to forget.
CREATE TABLE trunkline.top_up_leaving (
    method_id    text NOT NULL PRIMARY KEY,
    next_look_at timestamptz NOT NULL
);

CREATE INDEX payment_under_way ON trunkline.payment (user_id, currency) WHERE state IN ('opening', 'open', 'processing');
