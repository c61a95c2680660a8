-- What this database is.
--
-- Everything is in the schema `trunkline`, so a host's tables can live beside it. Conventions of all tables: ids of
-- ours are `uuid`; times are `timestamptz`; states are text with a CHECK, because an enum cannot change under the
-- servers of an older release; money is an `amount` with its currency beside it; documents are `jsonb`.
--
-- Leases, and whatever else several servers must agree on, are set and compared by this database's own clock.

CREATE SCHEMA IF NOT EXISTS trunkline;

-- The installation, made once. Its id is part of every marker at the provider, so a copied database must not run
-- beside the original.
CREATE TABLE trunkline.deployment (
    only_row   boolean NOT NULL PRIMARY KEY CHECK (only_row),
    id         uuid NOT NULL,
    created_at timestamptz NOT NULL,
    -- Rewritten by the readiness check, which must prove that the database takes writes.
    checked_at timestamptz
);
