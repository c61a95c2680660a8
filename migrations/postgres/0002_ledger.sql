-- The ledger: accounts and the append-only journal between them.

-- Money, exact to a millionth, within what 64 bits of millionths can hold. Never NaN, which is beyond every bound.
CREATE DOMAIN trunkline.amount AS numeric(19, 6)
    CHECK (VALUE BETWEEN -9223372036854.775808 AND 9223372036854.775807);

CREATE TABLE trunkline.account (
    id         uuid NOT NULL PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('wallet', 'revenue', 'funding')),
    user_id    text,
    currency   text NOT NULL CHECK (length(currency) = 3),
    -- A projection of the journal, kept for wallets only; the operator's accounts are summed when read.
    posted     trunkline.amount NOT NULL DEFAULT 0,
    held       trunkline.amount NOT NULL DEFAULT 0,
    version    bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    -- Transfers refer to both, so one that mixes currencies cannot be stored.
    UNIQUE (id, currency),
    CHECK ((kind = 'wallet') = (user_id IS NOT NULL)),
    CHECK (kind <> 'wallet' OR (held >= 0 AND posted - held >= 0)),
    CHECK (kind = 'wallet' OR (posted = 0 AND held = 0 AND version = 0))
);

CREATE UNIQUE INDEX account_of_user ON trunkline.account (user_id, currency) WHERE kind = 'wallet';
CREATE UNIQUE INDEX account_of_operator ON trunkline.account (kind, currency) WHERE kind <> 'wallet';

CREATE TABLE trunkline.transfer (
    id             uuid NOT NULL PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('post', 'hold', 'capture', 'void', 'reversal')),
    debit_account  uuid NOT NULL,
    credit_account uuid NOT NULL,
    amount         trunkline.amount NOT NULL CHECK (amount > 0),
    currency       text NOT NULL,
    pending_id     uuid REFERENCES trunkline.transfer (id),
    reverses_id    uuid REFERENCES trunkline.transfer (id),
    order_id       uuid,
    number_id      uuid,
    description    text NOT NULL,
    -- The wallet among the two accounts, and what it was after this transfer.
    wallet_id      uuid NOT NULL,
    wallet_version bigint NOT NULL CHECK (wallet_version > 0),
    posted_after   trunkline.amount NOT NULL,
    held_after     trunkline.amount NOT NULL,
    created_at     timestamptz NOT NULL,
    -- Orders a wallet's history and catches a lost update.
    UNIQUE (wallet_id, wallet_version),
    -- Resolves a hold at most once.
    UNIQUE (pending_id),
    FOREIGN KEY (debit_account, currency) REFERENCES trunkline.account (id, currency),
    FOREIGN KEY (credit_account, currency) REFERENCES trunkline.account (id, currency),
    CHECK (debit_account <> credit_account),
    CHECK (wallet_id IN (debit_account, credit_account)),
    CHECK ((kind IN ('capture', 'void')) = (pending_id IS NOT NULL)),
    CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
    CHECK (posted_after - held_after >= 0 AND held_after >= 0)
);

CREATE INDEX transfer_reversed ON trunkline.transfer (reverses_id) WHERE reverses_id IS NOT NULL;

-- Refuses whatever statement it is the trigger of, with the sentence that the trigger names.
CREATE FUNCTION trunkline.refuse_statement() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER transfer_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.transfer
    FOR EACH STATEMENT
    EXECUTE FUNCTION trunkline.refuse_statement('transfers are append-only: correct one by a reversal');
