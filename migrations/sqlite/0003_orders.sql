-- Orders, and the claim that says who may deal with a phone number.

CREATE TABLE orders (
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    business_id     TEXT,
    phone_number    TEXT NOT NULL,
    display_name    TEXT NOT NULL,
    country_code    TEXT NOT NULL CHECK (length(country_code) = 2),
    number_type     TEXT NOT NULL CHECK (number_type IN ('local', 'toll_free', 'mobile')),
    charge          INTEGER NOT NULL CHECK (charge > 0),
    monthly_cost    INTEGER NOT NULL CHECK (monthly_cost >= 0),
    currency        TEXT NOT NULL,
    twilio_account_sid TEXT NOT NULL,
    wallet_id       TEXT NOT NULL REFERENCES account (id),
    hold_id         TEXT NOT NULL UNIQUE REFERENCES transfer (id),
    state           TEXT NOT NULL CHECK (state IN ('ordering', 'unresolved', 'review', 'completed', 'failed')),
    failure         TEXT CHECK (json_valid(failure)),
    review_reason   TEXT,
    twilio_sid      TEXT,
    number_id       TEXT,
    -- Until when the opener may send it to the provider.
    send_by         TEXT NOT NULL,
    -- Grows with every taker. The holder is whoever has this token while `leased_until` is set; giving the lease up
    -- clears `leased_until`, and a time in the past means that anybody may take it over.
    lease           INTEGER NOT NULL,
    leased_until    TEXT,
    next_look_at    TEXT,
    first_absent_at TEXT,
    unanswered      INTEGER NOT NULL DEFAULT 0,
    opened_at       TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state = 'review') = (review_reason IS NOT NULL)),
    CHECK ((state = 'completed') = (number_id IS NOT NULL)),
    CHECK (state <> 'completed' OR twilio_sid IS NOT NULL),
    CHECK (state IN ('ordering', 'unresolved') OR leased_until IS NULL)
) STRICT;

CREATE INDEX orders_of_user ON orders (user_id, opened_at, id);
CREATE INDEX orders_of_business ON orders (business_id) WHERE business_id IS NOT NULL;
CREATE INDEX orders_by_time ON orders (opened_at, id);
CREATE INDEX orders_undecided ON orders (opened_at, id) WHERE state IN ('ordering', 'unresolved');

-- One row for each phone number that somebody here deals with. The state says which table tells the rest, so it never
-- has to follow every step there: the undecided order, the live number of the completed order, nobody while a failed
-- order's number cools down, or the release of a number that turned up for a failed order.
CREATE TABLE number_claim (
    phone_number  TEXT NOT NULL PRIMARY KEY,
    order_id      TEXT NOT NULL UNIQUE REFERENCES orders (id),
    state         TEXT NOT NULL CHECK (state IN ('ordering', 'owned', 'cooling', 'orphan')),
    cooling_since TEXT,
    CHECK (state <> 'cooling' OR cooling_since IS NOT NULL),
    CHECK (state NOT IN ('ordering', 'owned') OR cooling_since IS NULL)
) STRICT;

CREATE INDEX number_claim_cooling ON number_claim (cooling_since) WHERE state = 'cooling';
