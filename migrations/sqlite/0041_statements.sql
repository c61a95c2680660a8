-- Months of wallets that are closed. A row says which places of the wallet's history are in the month, and what they add up
-- to; it is written once, some time after the month's end, so whatever is posted later is in a later month.

CREATE TABLE statement (
    wallet_id     TEXT NOT NULL,
    -- A calendar month in UTC, as 2026-11.
    month         TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]'),
    currency      TEXT NOT NULL,
    -- The places after the one, up to and with the other: none, where they are the same.
    after_version INTEGER NOT NULL CHECK (after_version >= 0),
    last_version  INTEGER NOT NULL CHECK (last_version >= after_version),
    lines         INTEGER NOT NULL CHECK (lines BETWEEN 0 AND last_version - after_version),
    -- Of the posted balance; what is held is beside it.
    opening       INTEGER NOT NULL,
    total_in      INTEGER NOT NULL CHECK (total_in >= 0),
    total_out     INTEGER NOT NULL CHECK (total_out >= 0),
    closing       INTEGER NOT NULL,
    held          INTEGER NOT NULL CHECK (held >= 0),
    closed_at     TEXT NOT NULL,
    PRIMARY KEY (wallet_id, month),
    FOREIGN KEY (wallet_id, currency) REFERENCES account (id, currency),
    -- The cut is a place that there is.
    FOREIGN KEY (wallet_id, last_version) REFERENCES transfer (wallet_id, wallet_version),
    CHECK (opening - closing = total_out - total_in)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER statement_is_never_changed BEFORE UPDATE ON statement
BEGIN
    SELECT RAISE(ABORT, 'a month that is closed stays so');
END;

CREATE TRIGGER statement_is_never_deleted BEFORE DELETE ON statement
BEGIN
    SELECT RAISE(ABORT, 'a month that is closed stays so');
END;

CREATE TRIGGER statement_is_never_replaced BEFORE INSERT ON statement
WHEN EXISTS (SELECT 1 FROM statement WHERE wallet_id = NEW.wallet_id AND month = NEW.month)
BEGIN
    SELECT RAISE(ABORT, 'a month that is closed stays so');
END;
