-- Numbers that users own, or have recorded although they live elsewhere (those have no order and no `twilio_sid`).
-- Rows are kept after a release.

CREATE TABLE trunkline.business_numbers (
    id                      uuid NOT NULL PRIMARY KEY,
    user_id                 text NOT NULL,
    business_id             uuid,
    phone_number            text NOT NULL,
    display_name            text NOT NULL,
    country_code            text NOT NULL CHECK (length(country_code) = 2),
    number_type             text NOT NULL
        CHECK (number_type IN ('local', 'toll_free', 'mobile', 'international', 'vanity')),
    status                  text NOT NULL
        CHECK (status IN ('active', 'suspended', 'releasing', 'review', 'released')),
    is_primary              boolean NOT NULL DEFAULT FALSE,
    is_active               boolean NOT NULL DEFAULT TRUE,
    provider                text NOT NULL,
    purchase_date           timestamptz NOT NULL,
    monthly_cost            trunkline.amount NOT NULL CHECK (monthly_cost >= 0),
    currency                text NOT NULL CHECK (length(currency) = 3),
    capabilities            jsonb NOT NULL,
    notes                   text,
    twilio_sid              text UNIQUE,
    twilio_account_sid      text,
    voice_url               text,
    sms_url                 text,
    status_callback_url     text,
    order_id                uuid UNIQUE REFERENCES trunkline.orders (id),
    review_reason           text,
    -- Counts changes that a customer can see; an update made against an older version is refused.
    version                 bigint NOT NULL,
    -- Who works on the release, as `orders.lease` says for orders.
    release_lease           bigint NOT NULL DEFAULT 0,
    -- The token that the one who began the release got.
    release_opener_lease    bigint NOT NULL DEFAULT 0,
    release_leased_until    timestamptz,
    release_attempts        bigint NOT NULL DEFAULT 0,
    release_next_attempt_at timestamptz,
    created_at              timestamptz NOT NULL,
    updated_at              timestamptz NOT NULL,
    CHECK ((twilio_sid IS NULL) = (twilio_account_sid IS NULL)),
    CHECK ((twilio_sid IS NULL) = (order_id IS NULL)),
    CHECK ((status = 'review') = (review_reason IS NOT NULL)),
    CHECK (NOT is_primary OR (business_id IS NOT NULL AND is_active AND status IN ('active', 'suspended'))),
    CHECK (status = 'releasing' OR release_leased_until IS NULL)
);

CREATE INDEX business_numbers_of_user ON trunkline.business_numbers (user_id, created_at, id);
CREATE INDEX business_numbers_of_business ON trunkline.business_numbers (business_id) WHERE business_id IS NOT NULL;
CREATE INDEX business_numbers_by_phone ON trunkline.business_numbers (phone_number);
CREATE INDEX business_numbers_by_time ON trunkline.business_numbers (created_at, id);
CREATE INDEX business_numbers_releasing ON trunkline.business_numbers (updated_at, id) WHERE status = 'releasing';
CREATE UNIQUE INDEX business_numbers_primary ON trunkline.business_numbers (business_id) WHERE is_primary;
-- Bought numbers are kept apart by their claim; a record blocks nobody but its own user's second record.
CREATE UNIQUE INDEX business_numbers_recorded ON trunkline.business_numbers (user_id, phone_number)
    WHERE twilio_sid IS NULL AND status <> 'released';
