-- What this database is.
--
-- Conventions of all tables: ids of ours are hyphenated UUIDs; times are UTC as `2026-11-22T16:20:00.000000Z`, which
-- sorts as text; money is an integer of millionths with its currency beside it; JSON is text. Times are always bound
-- by the program, never made here.

-- The installation, made once. Its id is part of every marker at the provider, so a copied database must not run
-- beside the original.
CREATE TABLE deployment (
    only_row   INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    id         TEXT NOT NULL,
    created_at TEXT NOT NULL,
    -- Rewritten by the readiness check, which must prove that the disk takes writes.
    checked_at TEXT
) STRICT;
