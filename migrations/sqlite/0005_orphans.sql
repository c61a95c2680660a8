-- Numbers that the provider turned out to hold for failed orders, and the passes over its inventory that find them.

CREATE TABLE orphan_release (
    twilio_sid         TEXT NOT NULL PRIMARY KEY,
    twilio_account_sid TEXT NOT NULL,
    phone_number       TEXT NOT NULL,
    order_id           TEXT NOT NULL REFERENCES orders (id),
    state              TEXT NOT NULL CHECK (state IN ('releasing', 'review', 'released')),
    review_reason      TEXT,
    lease              INTEGER NOT NULL,
    leased_until       TEXT,
    attempts           INTEGER NOT NULL DEFAULT 0,
    next_attempt_at    TEXT,
    created_at         TEXT NOT NULL,
    updated_at         TEXT NOT NULL,
    CHECK ((state = 'review') = (review_reason IS NOT NULL)),
    CHECK (state = 'releasing' OR leased_until IS NULL)
) STRICT;

CREATE INDEX orphan_release_open ON orphan_release (created_at, twilio_sid) WHERE state = 'releasing';
CREATE INDEX orphan_release_of_order ON orphan_release (order_id);

-- The pass that is being made, or was made last: one at a time.
CREATE TABLE inventory_pass (
    only_row     INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    lease        INTEGER NOT NULL,
    leased_until TEXT,
    begun_at     TEXT NOT NULL,
    ended_at     TEXT,
    -- Whether the last one that ended saw everything.
    complete     INTEGER CHECK (complete IN (0, 1))
) STRICT;
