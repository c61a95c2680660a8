-- Credits and corrections that another operator must approve, and what operators moved without.

CREATE TABLE trunkline.approval (
    -- That of the transfer, too, once it is approved.
    id              uuid NOT NULL PRIMARY KEY,
    user_id         text NOT NULL,
    operation       text NOT NULL CHECK (operation IN ('credit', 'adjustment')),
    direction       text NOT NULL CHECK (direction IN ('credit', 'debit')),
    amount          trunkline.amount NOT NULL CHECK (amount > 0),
    currency        text NOT NULL CHECK (length(currency) = 3),
    reason          text NOT NULL,
    asked_by        jsonb NOT NULL,
    -- Whom the one who approves is compared with: `key ` and an id, or `login ` and a name.
    operator        text NOT NULL,
    asked_at        timestamptz NOT NULL,
    -- One that waits past this is expired; nothing is written for that.
    expires_at      timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'approved', 'rejected')),
    decided_by      jsonb,
    decision_reason text,
    decided_at      timestamptz,
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decision_reason IS NULL))
);

CREATE INDEX approval_waiting ON trunkline.approval (expires_at) WHERE state = 'waiting';

CREATE FUNCTION trunkline.keep_approval_1() RETURNS trigger
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'an approval that is decided stays so' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER approval_is_decided_once BEFORE UPDATE ON trunkline.approval
    FOR EACH ROW EXECUTE FUNCTION trunkline.keep_approval_1();

CREATE TRIGGER approval_is_never_deleted BEFORE DELETE OR TRUNCATE ON trunkline.approval
    FOR EACH STATEMENT EXECUTE FUNCTION trunkline.refuse_statement('approvals are kept');

-- What counts towards the sum that an operator may move without another one. Rows past the time in which they count go by
-- the way, a few with every new one.
CREATE TABLE trunkline.unapproved_post (
    transfer_id uuid NOT NULL PRIMARY KEY REFERENCES trunkline.transfer (id),
    wallet_id   uuid NOT NULL,
    operator    text NOT NULL,
    amount      trunkline.amount NOT NULL CHECK (amount > 0),
    at          timestamptz NOT NULL
);

CREATE INDEX unapproved_post_of_wallet ON trunkline.unapproved_post (wallet_id, at);
CREATE INDEX unapproved_post_by_age ON trunkline.unapproved_post (at);
