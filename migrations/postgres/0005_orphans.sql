-- Numbers that the provider turned out to hold for failed orders, and the passes over its inventory that find them.

CREATE TABLE trunkline.orphan_release (
    twilio_sid         text NOT NULL PRIMARY KEY,
    twilio_account_sid text NOT NULL,
    phone_number       text NOT NULL,
    order_id           uuid NOT NULL REFERENCES trunkline.orders (id),
    state              text NOT NULL CHECK (state IN ('releasing', 'review', 'released')),
    review_reason      text,
    lease              bigint NOT NULL,
    leased_until       timestamptz,
    attempts           bigint NOT NULL DEFAULT 0,
    next_attempt_at    timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    CHECK ((state = 'review') = (review_reason IS NOT NULL)),
    CHECK (state = 'releasing' OR leased_until IS NULL)
);

CREATE INDEX orphan_release_open ON trunkline.orphan_release (created_at, twilio_sid) WHERE state = 'releasing';
CREATE INDEX orphan_release_of_order ON trunkline.orphan_release (order_id);

-- The pass that is being made, or was made last: one at a time.
CREATE TABLE trunkline.inventory_pass (
    only_row     boolean NOT NULL PRIMARY KEY CHECK (only_row),
    lease        bigint NOT NULL,
    leased_until timestamptz,
    begun_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    -- Whether the last one that ended saw everything.
    complete     boolean
);
