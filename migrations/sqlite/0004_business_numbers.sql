-- Numbers that users own, or have recorded although they live elsewhere (those have no order and no `twilio_sid`).
-- Rows are kept after a release.

CREATE TABLE business_numbers (
    id                      TEXT NOT NULL PRIMARY KEY,
    user_id                 TEXT NOT NULL,
    business_id             TEXT,
    phone_number            TEXT NOT NULL,
    display_name            TEXT NOT NULL,
    country_code            TEXT NOT NULL CHECK (length(country_code) = 2),
    number_type             TEXT NOT NULL
        CHECK (number_type IN ('local', 'toll_free', 'mobile', 'international', 'vanity')),
    status                  TEXT NOT NULL
        CHECK (status IN ('active', 'suspended', 'releasing', 'review', 'released')),
    is_primary              INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
    is_active               INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    provider                TEXT NOT NULL,
    purchase_date           TEXT NOT NULL,
    monthly_cost            INTEGER NOT NULL CHECK (monthly_cost >= 0),
    currency                TEXT NOT NULL CHECK (length(currency) = 3),
    capabilities            TEXT NOT NULL CHECK (json_valid(capabilities)),
    notes                   TEXT,
    twilio_sid              TEXT UNIQUE,
    twilio_account_sid      TEXT,
    voice_url               TEXT,
    sms_url                 TEXT,
    status_callback_url     TEXT,
    order_id                TEXT UNIQUE REFERENCES orders (id),
    review_reason           TEXT,
    -- Counts changes that a customer can see; an update made against an older version is refused.
    version                 INTEGER NOT NULL,
    -- Who works on the release, as `orders.lease` says for orders.
    release_lease           INTEGER NOT NULL DEFAULT 0,
    -- The token that the one who began the release got.
    release_opener_lease    INTEGER NOT NULL DEFAULT 0,
    release_leased_until    TEXT,
    release_attempts        INTEGER NOT NULL DEFAULT 0,
    release_next_attempt_at TEXT,
    created_at              TEXT NOT NULL,
    updated_at              TEXT NOT NULL,
    CHECK ((twilio_sid IS NULL) = (twilio_account_sid IS NULL)),
    CHECK ((twilio_sid IS NULL) = (order_id IS NULL)),
    CHECK ((status = 'review') = (review_reason IS NOT NULL)),
    CHECK (is_primary = 0 OR (business_id IS NOT NULL AND is_active = 1 AND status IN ('active', 'suspended'))),
    CHECK (status = 'releasing' OR release_leased_until IS NULL)
) STRICT;

CREATE INDEX business_numbers_of_user ON business_numbers (user_id, created_at, id);
CREATE INDEX business_numbers_of_business ON business_numbers (business_id) WHERE business_id IS NOT NULL;
CREATE INDEX business_numbers_by_phone ON business_numbers (phone_number);
CREATE INDEX business_numbers_by_time ON business_numbers (created_at, id);
CREATE INDEX business_numbers_releasing ON business_numbers (updated_at, id) WHERE status = 'releasing';
CREATE UNIQUE INDEX business_numbers_primary ON business_numbers (business_id) WHERE is_primary = 1;
-- Bought numbers are kept apart by their claim; a record blocks nobody but its own user's second record.
CREATE UNIQUE INDEX business_numbers_recorded ON business_numbers (user_id, phone_number)
    WHERE twilio_sid IS NULL AND status <> 'released';
