-- What was brought here from another system: balances, numbers, and a history that is only read.
--
-- Money that came along is paid out of an account of its own, `opening`. A number that came along has an order that
-- charged nothing, because it was paid for where it was bought: such an order is `completed` and names no hold.

-- SQLite changes no CHECK of a table that is there. These only allow more than before and touch no row, for which
-- SQLite's manual (lang_altertable.html, 7) says to edit the schema in place; so columns and indexes that other
-- migrations gave these tables stay as they are.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(sql, '(''wallet'', ''revenue'', ''funding'')', '(''wallet'', ''revenue'', ''funding'', ''opening'')')
WHERE type = 'table' AND name = 'account';

UPDATE sqlite_schema
SET sql = replace(replace(sql,
        'CHECK (charge > 0)',
        'CHECK (charge >= 0 AND (charge = 0) = (hold_id IS NULL) AND (charge > 0 OR state = ''completed''))'),
        'TEXT NOT NULL UNIQUE REFERENCES transfer (id)', 'TEXT UNIQUE REFERENCES transfer (id)')
WHERE type = 'table' AND name = 'orders';

PRAGMA writable_schema = RESET;

-- What customers read of the time before they came here, after their own transactions. No balance follows from it.
CREATE TABLE imported_line (
    id          TEXT NOT NULL PRIMARY KEY,
    user_id     TEXT NOT NULL,
    type        TEXT NOT NULL CHECK (type IN ('credit', 'debit')),
    amount      INTEGER NOT NULL CHECK (amount > 0),
    currency    TEXT NOT NULL CHECK (length(currency) = 3),
    description TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('pending', 'completed', 'failed', 'refunded')),
    number_id   TEXT,
    occurred_at TEXT NOT NULL,
    imported_at TEXT NOT NULL
) STRICT;

CREATE INDEX imported_line_of_user ON imported_line (user_id, occurred_at, id);

CREATE TRIGGER imported_line_is_never_changed BEFORE UPDATE ON imported_line
BEGIN
    SELECT RAISE(ABORT, 'imported lines are append-only');
END;

CREATE TRIGGER imported_line_is_never_deleted BEFORE DELETE ON imported_line
BEGIN
    SELECT RAISE(ABORT, 'imported lines are append-only');
END;

CREATE TRIGGER imported_line_is_never_replaced BEFORE INSERT ON imported_line
WHEN EXISTS (SELECT 1 FROM imported_line WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'imported lines are append-only: another one has this id');
END;
