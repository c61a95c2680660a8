-- What customers are told, at which balances they are, and which wallets have moved since somebody looked.

CREATE TABLE notice (
    -- Ids grow with time.
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    -- The kind, and what its text needs.
    body            TEXT NOT NULL CHECK (json_valid(body) AND json_type(body, '$.kind') = 'text'),
    mail            TEXT NOT NULL CHECK (mail IN ('waiting', 'sent', 'failed', 'no_address', 'not_configured')),
    email           TEXT,
    created_at      TEXT NOT NULL,
    lease           INTEGER NOT NULL DEFAULT 0,
    leased_until    TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    CHECK ((mail IN ('no_address', 'not_configured')) = (email IS NULL)),
    CHECK (mail = 'waiting' OR leased_until IS NULL)
) STRICT;

CREATE INDEX notice_of_user ON notice (user_id, id);
CREATE INDEX notice_waiting ON notice (id) WHERE mail = 'waiting';

-- What a user has set in a currency. A row stays when everything in it is taken back: its version counts on.
CREATE TABLE wallet_alert (
    user_id    TEXT NOT NULL,
    currency   TEXT NOT NULL CHECK (length(currency) = 3),
    -- Millionths, the highest first; null for what everybody has.
    thresholds TEXT CHECK (thresholds IS NULL OR (json_valid(thresholds) AND json_type(thresholds) = 'array')),
    -- Null for the address of the account.
    email      TEXT,
    version    INTEGER NOT NULL CHECK (version > 0),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (user_id, currency)
) STRICT;

-- Where a wallet stood when it was last looked at, and the thresholds with which it was compared.
CREATE TABLE wallet_watch (
    wallet_id  TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
    revision   INTEGER NOT NULL CHECK (revision > 0),
    version    INTEGER NOT NULL CHECK (version >= 0),
    available  INTEGER NOT NULL CHECK (available >= 0),
    thresholds TEXT NOT NULL CHECK (json_valid(thresholds) AND json_type(thresholds) = 'array')
) STRICT;

-- Wallets with rows or alerts that nobody has looked at. Each is an account: it is taken from there.
CREATE TABLE wallet_moved (
    wallet_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Nobody is told of what was before.
INSERT INTO wallet_watch (wallet_id, revision, version, available, thresholds)
SELECT id, 1, version, posted - held, '[]' FROM account WHERE kind = 'wallet';

CREATE TRIGGER transfer_moves_its_wallet AFTER INSERT ON transfer
WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.wallet_id AND kind = 'wallet')
 AND NOT EXISTS (SELECT 1 FROM wallet_moved WHERE wallet_id = NEW.wallet_id)
BEGIN
    INSERT INTO wallet_moved (wallet_id) VALUES (NEW.wallet_id);
END;
