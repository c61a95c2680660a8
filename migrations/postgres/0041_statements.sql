-- Months of wallets that are closed. A row says which places of the wallet's history are in the month, and what they add up
-- to; it is written once, some time after the month's end, so whatever is posted later is in a later month.

CREATE TABLE trunkline.statement (
    wallet_id     uuid NOT NULL,
    -- A calendar month in UTC, as 2026-11.
    month         text COLLATE "C" NOT NULL CHECK (month ~ '^[0-9]{4}-[0-1][0-9]$'),
    currency      text NOT NULL,
    -- The places after the one, up to and with the other: none, where they are the same.
    after_version bigint NOT NULL CHECK (after_version >= 0),
    last_version  bigint NOT NULL CHECK (last_version >= after_version),
    lines         bigint NOT NULL CHECK (lines BETWEEN 0 AND last_version - after_version),
    -- Of the posted balance; what is held is beside it.
    opening       trunkline.amount NOT NULL,
    total_in      trunkline.amount NOT NULL CHECK (total_in >= 0),
    total_out     trunkline.amount NOT NULL CHECK (total_out >= 0),
    closing       trunkline.amount NOT NULL,
    held          trunkline.amount NOT NULL CHECK (held >= 0),
    closed_at     timestamptz NOT NULL,
    PRIMARY KEY (wallet_id, month),
    FOREIGN KEY (wallet_id, currency) REFERENCES trunkline.account (id, currency),
    -- The cut is a place that there is.
    FOREIGN KEY (wallet_id, last_version) REFERENCES trunkline.transfer (wallet_id, wallet_version),
    CHECK (opening - closing = total_out - total_in)
);

CREATE TRIGGER statement_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.statement
    FOR EACH STATEMENT
    EXECUTE FUNCTION trunkline.refuse_statement('a month that is closed stays so');
