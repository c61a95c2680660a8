-- Orders, and the claim that says who may deal with a phone number.

CREATE TABLE trunkline.orders (
    id              uuid NOT NULL PRIMARY KEY,
    user_id         text NOT NULL,
    business_id     uuid,
    phone_number    text NOT NULL,
    display_name    text NOT NULL,
    country_code    text NOT NULL CHECK (length(country_code) = 2),
    number_type     text NOT NULL CHECK (number_type IN ('local', 'toll_free', 'mobile')),
    charge          trunkline.amount NOT NULL CHECK (charge > 0),
    monthly_cost    trunkline.amount NOT NULL CHECK (monthly_cost >= 0),
    currency        text NOT NULL,
    twilio_account_sid text NOT NULL,
    wallet_id       uuid NOT NULL REFERENCES trunkline.account (id),
    hold_id         uuid NOT NULL UNIQUE REFERENCES trunkline.transfer (id),
    state           text NOT NULL CHECK (state IN ('ordering', 'unresolved', 'review', 'completed', 'failed')),
    failure         jsonb,
    review_reason   text,
    twilio_sid      text,
    number_id       uuid,
    -- Until when the opener may send it to the provider.
    send_by         timestamptz NOT NULL,
    -- Grows with every taker. The holder is whoever has this token while `leased_until` is set; giving the lease up
    -- clears `leased_until`, and a time in the past means that anybody may take it over.
    lease           bigint NOT NULL,
    leased_until    timestamptz,
    next_look_at    timestamptz,
    first_absent_at timestamptz,
    unanswered      bigint NOT NULL DEFAULT 0,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state = 'review') = (review_reason IS NOT NULL)),
    CHECK ((state = 'completed') = (number_id IS NOT NULL)),
    CHECK (state <> 'completed' OR twilio_sid IS NOT NULL),
    CHECK (state IN ('ordering', 'unresolved') OR leased_until IS NULL)
);

CREATE INDEX orders_of_user ON trunkline.orders (user_id, opened_at, id);
CREATE INDEX orders_of_business ON trunkline.orders (business_id) WHERE business_id IS NOT NULL;
CREATE INDEX orders_by_time ON trunkline.orders (opened_at, id);
CREATE INDEX orders_undecided ON trunkline.orders (opened_at, id) WHERE state IN ('ordering', 'unresolved');

-- One row for each phone number that somebody here deals with. The state says which table tells the rest, so it never
-- has to follow every step there: the undecided order, the live number of the completed order, nobody while a failed
-- order's number cools down, or the release of a number that turned up for a failed order.
--
-- The order is looked for at the end of the transaction: an opening takes the claim first, and the order follows.
CREATE TABLE trunkline.number_claim (
    phone_number  text NOT NULL PRIMARY KEY,
    order_id      uuid NOT NULL UNIQUE REFERENCES trunkline.orders (id) DEFERRABLE INITIALLY DEFERRED,
    state         text NOT NULL CHECK (state IN ('ordering', 'owned', 'cooling', 'orphan')),
    cooling_since timestamptz,
    CHECK (state <> 'cooling' OR cooling_since IS NOT NULL),
    CHECK (state NOT IN ('ordering', 'owned') OR cooling_since IS NULL)
);

CREATE INDEX number_claim_cooling ON trunkline.number_claim (cooling_since) WHERE state = 'cooling';
