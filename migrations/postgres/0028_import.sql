-- What was brought here from another system: balances, numbers, and a history that is only read.
--
-- Money that came along is paid out of an account of its own, `opening`. A number that came along has an order that
-- charged nothing, because it was paid for where it was bought: such an order is `completed` and names no hold.

ALTER TABLE trunkline.account DROP CONSTRAINT account_kind_check;
ALTER TABLE trunkline.account ADD CONSTRAINT account_kind_check
    CHECK (kind IN ('wallet', 'revenue', 'funding', 'opening'));

ALTER TABLE trunkline.orders DROP CONSTRAINT orders_charge_check;
ALTER TABLE trunkline.orders ADD CONSTRAINT orders_charge_check
    CHECK (charge >= 0 AND (charge = 0) = (hold_id IS NULL) AND (charge > 0 OR state = 'completed'));
ALTER TABLE trunkline.orders ALTER COLUMN hold_id DROP NOT NULL;

-- What customers read of the time before they came here, after their own transactions. No balance follows from it.
CREATE TABLE trunkline.imported_line (
    id          uuid NOT NULL PRIMARY KEY,
    user_id     text NOT NULL,
    type        text NOT NULL CHECK (type IN ('credit', 'debit')),
    amount      trunkline.amount NOT NULL CHECK (amount > 0),
    currency    text NOT NULL CHECK (length(currency) = 3),
    description text NOT NULL,
    status      text NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'refunded')),
    number_id   uuid,
    occurred_at timestamptz NOT NULL,
    imported_at timestamptz NOT NULL
);

CREATE INDEX imported_line_of_user ON trunkline.imported_line (user_id, occurred_at, id);

CREATE TRIGGER imported_line_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.imported_line
    FOR EACH STATEMENT
    EXECUTE FUNCTION trunkline.refuse_statement('imported lines are append-only');
