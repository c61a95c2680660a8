-- Payments of customers into their wallets, and what the gateway took back of them.

CREATE TABLE payment (
    -- That of the transfer, too, once it is credited.
    id              TEXT NOT NULL PRIMARY KEY,
    user_id         TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('checkout', 'top_up')),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    currency        TEXT NOT NULL CHECK (length(currency) = 3),
    description     TEXT NOT NULL,
    -- Only ever moves on in this order.
    state           TEXT NOT NULL CHECK (state IN ('opening', 'open', 'processing', 'expired', 'failed', 'completed')),
    -- The gateway's names of it.
    session_id      TEXT UNIQUE,
    intent_id       TEXT UNIQUE,
    page_url        TEXT,
    page_expires_at TEXT,
    paid_amount     INTEGER CHECK (paid_amount > 0),
    paid_currency   TEXT CHECK (length(paid_currency) = 3),
    credited_at     TEXT,
    decline         TEXT,
    -- When to ask the gateway about it if nothing is heard.
    next_look_at    TEXT,
    opened_at       TEXT NOT NULL,
    updated_at      TEXT NOT NULL,
    CHECK ((state = 'completed') = (paid_amount IS NOT NULL)),
    CHECK ((paid_amount IS NULL) = (paid_currency IS NULL) AND (paid_amount IS NULL) = (credited_at IS NULL)),
    CHECK ((state IN ('opening', 'open', 'processing')) = (next_look_at IS NOT NULL))
) STRICT;

CREATE INDEX payment_of_user ON payment (user_id, opened_at, id);
CREATE INDEX payment_due ON payment (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX payment_credited ON payment (credited_at, id) WHERE state = 'completed';

CREATE TABLE payment_taking (
    -- The gateway's id of the refund or dispute.
    id                TEXT NOT NULL PRIMARY KEY,
    payment_id        TEXT NOT NULL REFERENCES payment (id),
    kind              TEXT NOT NULL CHECK (kind IN ('refund', 'dispute')),
    amount            INTEGER NOT NULL CHECK (amount > 0),
    currency          TEXT NOT NULL CHECK (length(currency) = 3),
    taken_transfer    TEXT NOT NULL UNIQUE REFERENCES transfer (id),
    returned_transfer TEXT UNIQUE REFERENCES transfer (id),
    taken_at          TEXT NOT NULL,
    returned_at       TEXT,
    CHECK ((returned_transfer IS NULL) = (returned_at IS NULL))
) STRICT;

CREATE INDEX payment_taking_of ON payment_taking (payment_id);

-- A further thing that an idempotency key can stand for. It only allows more than before and touches no row, for which
-- SQLite's manual (lang_altertable.html, 7) says to edit the schema in place.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '(''purchase'', ''release'', ''credit'', ''adjustment'')',
                       '(''purchase'', ''release'', ''credit'', ''adjustment'', ''checkout'')')
WHERE type = 'table' AND name = 'request';

PRAGMA writable_schema = RESET;

-- As before, and payments: one that is not credited yet, or came to nothing, is a line, and so is what was taken back of one,
-- which is `refunded` once nothing is left of it. Rows of debts are no lines; what is lent to a wallet and paid back out of it
-- is.
DROP VIEW transactions;
CREATE VIEW transactions AS
SELECT begun.id,
       wallet.user_id,
       CASE WHEN begun.kind <> 'hold' AND begun.credit_account = begun.wallet_id THEN 'credit' ELSE 'debit' END AS type,
       printf('%d.%06d', begun.amount / 1000000, begun.amount % 1000000) AS amount,
       begun.currency,
       begun.description,
       CASE
           WHEN begun.amount <= (
               SELECT SUM(CASE WHEN undone.credit_account = begun.credit_account THEN -undone.amount ELSE undone.amount END)
               FROM transfer undone WHERE undone.reverses_id IN (begun.id, ended.id)
           ) THEN 'refunded'
           WHEN begun.amount <= (
               SELECT SUM(taken.amount) FROM payment_taking taken
               WHERE taken.payment_id = begun.id AND taken.returned_at IS NULL
           ) THEN 'refunded'
           WHEN begun.kind = 'hold' AND ended.id IS NULL THEN 'pending'
           WHEN ended.kind = 'void' THEN 'failed'
           ELSE 'completed'
       END AS status,
       begun.order_id,
       COALESCE(ended.number_id, begun.number_id) AS number_id,
       begun.created_at,
       COALESCE(ended.created_at, begun.created_at) AS updated_at
FROM transfer begun
JOIN account wallet ON wallet.id = begun.wallet_id AND wallet.kind = 'wallet'
LEFT JOIN transfer ended ON ended.pending_id = begun.id
WHERE begun.kind IN ('post', 'hold', 'reversal')
UNION ALL
SELECT id, user_id, 'credit', printf('%d.%06d', amount / 1000000, amount % 1000000), currency, description,
       CASE WHEN state IN ('opening', 'open', 'processing') THEN 'pending' ELSE 'failed' END,
       NULL, NULL, opened_at, updated_at
FROM payment
WHERE state <> 'completed';
