-- Payments of customers into their wallets, and what the gateway took back of them.

CREATE TABLE trunkline.payment (
    -- That of the transfer, too, once it is credited.
    id              uuid NOT NULL PRIMARY KEY,
    user_id         text NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('checkout', 'top_up')),
    amount          trunkline.amount NOT NULL CHECK (amount > 0),
    currency        text NOT NULL CHECK (length(currency) = 3),
    description     text NOT NULL,
    -- Only ever moves on in this order.
    state           text NOT NULL CHECK (state IN ('opening', 'open', 'processing', 'expired', 'failed', 'completed')),
    -- The gateway's names of it.
    session_id      text UNIQUE,
    intent_id       text UNIQUE,
    page_url        text,
    page_expires_at timestamptz,
    paid_amount     trunkline.amount CHECK (paid_amount > 0),
    paid_currency   text CHECK (length(paid_currency) = 3),
    credited_at     timestamptz,
    decline         text,
    -- When to ask the gateway about it if nothing is heard.
    next_look_at    timestamptz,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CHECK ((state = 'completed') = (paid_amount IS NOT NULL)),
    CHECK ((paid_amount IS NULL) = (paid_currency IS NULL) AND (paid_amount IS NULL) = (credited_at IS NULL)),
    CHECK ((state IN ('opening', 'open', 'processing')) = (next_look_at IS NOT NULL))
);

CREATE INDEX payment_of_user ON trunkline.payment (user_id, opened_at, id);
CREATE INDEX payment_due ON trunkline.payment (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX payment_credited ON trunkline.payment (credited_at, id) WHERE state = 'completed';

CREATE TABLE trunkline.payment_taking (
    -- The gateway's id of the refund or dispute.
    id                text NOT NULL PRIMARY KEY,
    payment_id        uuid NOT NULL REFERENCES trunkline.payment (id),
    kind              text NOT NULL CHECK (kind IN ('refund', 'dispute')),
    amount            trunkline.amount NOT NULL CHECK (amount > 0),
    currency          text NOT NULL CHECK (length(currency) = 3),
    taken_transfer    uuid NOT NULL UNIQUE REFERENCES trunkline.transfer (id),
    returned_transfer uuid UNIQUE REFERENCES trunkline.transfer (id),
    taken_at          timestamptz NOT NULL,
    returned_at       timestamptz,
    CHECK ((returned_transfer IS NULL) = (returned_at IS NULL))
);

CREATE INDEX payment_taking_of ON trunkline.payment_taking (payment_id);

-- A further thing that an idempotency key can stand for.
ALTER TABLE trunkline.request DROP CONSTRAINT request_operation_check;
ALTER TABLE trunkline.request ADD CONSTRAINT request_operation_check
    CHECK (operation IN ('purchase', 'release', 'credit', 'adjustment', 'checkout'));

-- As before, and payments: one that is not credited yet, or came to nothing, is a line, and so is what was taken back of one,
-- which is `refunded` once nothing is left of it. Rows of debts are no lines; what is lent to a wallet and paid back out of it
-- is.
CREATE OR REPLACE VIEW trunkline.transactions AS
SELECT begun.id,
       wallet.user_id,
       CASE WHEN begun.kind <> 'hold' AND begun.credit_account = begun.wallet_id THEN 'credit' ELSE 'debit' END AS type,
       begun.amount::numeric(19, 6) AS amount,
       begun.currency,
       begun.description,
       CASE
           WHEN begun.amount <= (
               SELECT SUM(CASE WHEN undone.credit_account = begun.credit_account THEN -undone.amount ELSE undone.amount END)
               FROM trunkline.transfer undone WHERE undone.reverses_id IN (begun.id, ended.id)
           ) THEN 'refunded'
           WHEN begun.amount <= (
               SELECT SUM(taken.amount) FROM trunkline.payment_taking taken
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
FROM trunkline.transfer begun
JOIN trunkline.account wallet ON wallet.id = begun.wallet_id AND wallet.kind = 'wallet'
LEFT JOIN trunkline.transfer ended ON ended.pending_id = begun.id
WHERE begun.kind IN ('post', 'hold', 'reversal')
UNION ALL
SELECT id, user_id, 'credit', amount::numeric(19, 6), currency, description,
       CASE WHEN state IN ('opening', 'open', 'processing') THEN 'pending' ELSE 'failed' END,
       NULL::uuid, NULL::uuid, opened_at, updated_at
FROM trunkline.payment
WHERE state <> 'completed';
