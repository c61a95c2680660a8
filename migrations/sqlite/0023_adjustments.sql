-- Corrections of a wallet by an operator: a further thing that an idempotency key can stand for. SQLite changes no
-- CHECK of a table that is there, so the table is made anew.

CREATE TABLE request_made_anew (
    user_id     TEXT NOT NULL,
    operation   TEXT NOT NULL CHECK (operation IN ('purchase', 'release', 'credit', 'adjustment')),
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    -- The order, number or transfer that it is about.
    subject     TEXT NOT NULL,
    -- The answer, once there is one. Keys of what is still open are never purged.
    outcome     TEXT CHECK (json_valid(outcome)),
    created_at  TEXT NOT NULL,
    ended_at    TEXT,
    PRIMARY KEY (user_id, operation, key),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
) STRICT;

INSERT INTO request_made_anew (user_id, operation, key, fingerprint, subject, outcome, created_at, ended_at)
SELECT user_id, operation, key, fingerprint, subject, outcome, created_at, ended_at FROM request;

DROP TABLE request;
ALTER TABLE request_made_anew RENAME TO request;

CREATE INDEX request_open ON request (subject) WHERE ended_at IS NULL;
CREATE INDEX request_ended ON request (ended_at) WHERE ended_at IS NOT NULL;
