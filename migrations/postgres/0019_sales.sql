-- Whether anything is sold now: one row. An operator's stop and a pause for want of money are apart; the end of one does
-- not end the other.

CREATE TABLE trunkline.sales (
    only_row    boolean NOT NULL PRIMARY KEY CHECK (only_row),
    stopped_at  timestamptz,
    stopped_by  jsonb,
    stop_reason text,
    paused_at   timestamptz,
    -- The figures that began the pause, all of one currency.
    balance     trunkline.amount,
    coming_fees trunkline.amount,
    floor       trunkline.amount,
    currency    text,
    CHECK ((stopped_at IS NULL) = (stopped_by IS NULL)),
    CHECK ((stopped_at IS NULL) = (stop_reason IS NULL)),
    CHECK ((paused_at IS NULL) = (balance IS NULL)),
    CHECK ((paused_at IS NULL) = (coming_fees IS NULL)),
    CHECK ((paused_at IS NULL) = (floor IS NULL)),
    CHECK ((paused_at IS NULL) = (currency IS NULL))
);

INSERT INTO trunkline.sales (only_row) VALUES (TRUE);
