-- What customers are told, at which balances they are, and which wallets have moved since somebody looked.

CREATE TABLE trunkline.notice (
    -- Ids grow with time.
    id              uuid NOT NULL PRIMARY KEY,
    user_id         text NOT NULL,
    -- The kind, and what its text needs.
    body            jsonb NOT NULL CHECK (jsonb_typeof(body->'kind') = 'string'),
    mail            text NOT NULL CHECK (mail IN ('waiting', 'sent', 'failed', 'no_address', 'not_configured')),
    email           text,
    created_at      timestamptz NOT NULL,
    lease           bigint NOT NULL DEFAULT 0,
    leased_until    timestamptz,
    attempts        bigint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    CHECK ((mail IN ('no_address', 'not_configured')) = (email IS NULL)),
    CHECK (mail = 'waiting' OR leased_until IS NULL)
);

CREATE INDEX notice_of_user ON trunkline.notice (user_id, id);
CREATE INDEX notice_waiting ON trunkline.notice (id) WHERE mail = 'waiting';

-- What a user has set in a currency. A row stays when everything in it is taken back: its version counts on.
CREATE TABLE trunkline.wallet_alert (
    user_id    text NOT NULL,
    currency   text NOT NULL CHECK (length(currency) = 3),
    -- Millionths, the highest first; null for what everybody has.
    thresholds jsonb CHECK (thresholds IS NULL OR jsonb_typeof(thresholds) = 'array'),
    -- Null for the address of the account.
    email      text,
    version    integer NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, currency)
);

-- Where a wallet stood when it was last looked at, and the thresholds with which it was compared.
CREATE TABLE trunkline.wallet_watch (
    wallet_id  uuid NOT NULL PRIMARY KEY REFERENCES trunkline.account (id),
    revision   bigint NOT NULL CHECK (revision > 0),
    version    bigint NOT NULL CHECK (version >= 0),
    available  trunkline.amount NOT NULL CHECK (available >= 0),
    thresholds jsonb NOT NULL CHECK (jsonb_typeof(thresholds) = 'array')
);

-- Wallets with rows or alerts that nobody has looked at. Each is an account: it is taken from there, and a purchase need
-- not have that checked again.
CREATE TABLE trunkline.wallet_moved (
    wallet_id uuid NOT NULL PRIMARY KEY
);

-- No row of the journal is written between the two statements: what is there was before, and of what comes its trigger
-- tells.
LOCK TABLE trunkline.account, trunkline.transfer IN SHARE ROW EXCLUSIVE MODE;

-- Nobody is told of what was before.
INSERT INTO trunkline.wallet_watch (wallet_id, revision, version, available, thresholds)
SELECT id, 1, version, posted - held, '[]' FROM trunkline.account WHERE kind = 'wallet';

-- Whoever writes a row has the lock on its wallet by then, and keeps it to the end of the transaction; so has whoever takes
-- the wallet off this list. That is why a wallet that is on the list already need not be waited for.
CREATE FUNCTION trunkline.move_wallet() RETURNS trigger
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO wallet_moved (wallet_id)
    SELECT moved.id FROM account moved WHERE moved.id = NEW.wallet_id AND moved.kind = 'wallet'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER transfer_moves_its_wallet
    AFTER INSERT ON trunkline.transfer
    FOR EACH ROW
    EXECUTE FUNCTION trunkline.move_wallet();
