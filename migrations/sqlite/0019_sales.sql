-- Whether anything is sold now: one row. An operator's stop and a pause for want of money are apart; the end of one does
-- not end the other.

CREATE TABLE sales (
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    stopped_at  TEXT,
    stopped_by  TEXT CHECK (json_valid(stopped_by)),
    stop_reason TEXT,
    paused_at   TEXT,
    -- The figures that began the pause, all of one currency.
    balance     INTEGER,
    coming_fees INTEGER,
    floor       INTEGER,
    currency    TEXT,
    CHECK ((stopped_at IS NULL) = (stopped_by IS NULL)),
    CHECK ((stopped_at IS NULL) = (stop_reason IS NULL)),
    CHECK ((paused_at IS NULL) = (balance IS NULL)),
    CHECK ((paused_at IS NULL) = (coming_fees IS NULL)),
    CHECK ((paused_at IS NULL) = (floor IS NULL)),
    CHECK ((paused_at IS NULL) = (currency IS NULL))
) STRICT;

INSERT INTO sales (only_row) VALUES (1);
