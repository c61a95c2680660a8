-- Credits and corrections that another operator must approve, and what operators moved without.

CREATE TABLE approval (
    -- That of the transfer, too, once it is approved.
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    operation       TEXT NOT NULL CHECK (operation IN ('credit', 'adjustment')),
    direction       TEXT NOT NULL CHECK (direction IN ('credit', 'debit')),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL CHECK (length(currency) = 3),
    reason          TEXT NOT NULL,
    asked_by        TEXT NOT NULL CHECK (json_valid(asked_by)),
    -- Whom the one who approves is compared with: `key ` and an id, or `login ` and a name.
    operator        TEXT NOT NULL,
    asked_at        TEXT NOT NULL,
    -- One that waits past this is expired; nothing is written for that.
    expires_at      TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected')),
    decided_by      TEXT CHECK (json_valid(decided_by)),
    decision_reason TEXT,
    decided_at      TEXT,
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decision_reason IS NULL))
) STRICT;

CREATE INDEX approval_waiting ON approval (expires_at) WHERE state = 'waiting';

CREATE TRIGGER approval_is_decided_once BEFORE UPDATE ON approval WHEN OLD.state <> 'waiting'
BEGIN
    SELECT RAISE(ABORT, 'an approval that is decided stays so');
END;

CREATE TRIGGER approval_is_never_deleted BEFORE DELETE ON approval
BEGIN
    SELECT RAISE(ABORT, 'approvals are kept');
END;

-- What counts towards the sum that an operator may move without another one. Rows past the time in which they count go by
-- the way, a few with every new one.
CREATE TABLE unapproved_post (
    transfer_id TEXT NOT NULL PRIMARY KEY REFERENCES transfer (id),
    wallet_id   TEXT NOT NULL,
    operator    TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    at          TEXT NOT NULL
) STRICT;

CREATE INDEX unapproved_post_of_wallet ON unapproved_post (wallet_id, at);
CREATE INDEX unapproved_post_by_age ON unapproved_post (at);
