-- The ledger: accounts and the append-only journal between them.

CREATE TABLE account (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('wallet', 'revenue', 'funding')),
    user_id    TEXT,
    currency   TEXT NOT NULL CHECK (length(currency) = 3),
    -- A projection of the journal, kept for wallets only; the operator's accounts are summed when read.
    posted     INTEGER NOT NULL DEFAULT 0,
    held       INTEGER NOT NULL DEFAULT 0,
    version    INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    -- Transfers refer to both, so one that mixes currencies cannot be stored.
    UNIQUE (id, currency),
    CHECK ((kind = 'wallet') = (user_id IS NOT NULL)),
    CHECK (kind <> 'wallet' OR (held >= 0 AND posted - held >= 0)),
    CHECK (kind = 'wallet' OR (posted = 0 AND held = 0 AND version = 0))
) STRICT;

CREATE UNIQUE INDEX account_of_user ON account (user_id, currency) WHERE kind = 'wallet';
CREATE UNIQUE INDEX account_of_operator ON account (kind, currency) WHERE kind <> 'wallet';

CREATE TABLE transfer (
    id             TEXT NOT NULL PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('post', 'hold', 'capture', 'void', 'reversal')),
    debit_account  TEXT NOT NULL,
    credit_account TEXT NOT NULL,
    amount         INTEGER NOT NULL CHECK (amount > 0),
    currency       TEXT NOT NULL,
    pending_id     TEXT REFERENCES transfer (id),
    reverses_id    TEXT REFERENCES transfer (id),
    order_id       TEXT,
    number_id      TEXT,
    description    TEXT NOT NULL,
    -- The wallet among the two accounts, and what it was after this transfer.
    wallet_id      TEXT NOT NULL,
    wallet_version INTEGER NOT NULL CHECK (wallet_version > 0),
    posted_after   INTEGER NOT NULL,
    held_after     INTEGER NOT NULL,
    created_at     TEXT NOT NULL,
    -- Orders a wallet's history and catches a lost update.
    UNIQUE (wallet_id, wallet_version),
    -- Resolves a hold at most once.
    UNIQUE (pending_id),
    FOREIGN KEY (debit_account, currency) REFERENCES account (id, currency),
    FOREIGN KEY (credit_account, currency) REFERENCES account (id, currency),
    CHECK (debit_account <> credit_account),
    CHECK (wallet_id IN (debit_account, credit_account)),
    CHECK ((kind IN ('capture', 'void')) = (pending_id IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
    CHECK (posted_after - held_after >= 0 AND held_after >= 0)
) STRICT;

CREATE INDEX transfer_reversed ON transfer (reverses_id) WHERE reverses_id IS NOT NULL;

CREATE TRIGGER transfer_is_never_changed BEFORE UPDATE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'transfers are append-only: correct one by a reversal');
END;

CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'transfers are append-only: correct one by a reversal');
END;
