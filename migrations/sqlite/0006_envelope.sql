-- What travels with every change: the client's idempotency key, the events and the audit lines.

CREATE TABLE request (
    user_id     TEXT NOT NULL,
    operation   TEXT NOT NULL CHECK (operation IN ('purchase', 'release', 'credit')),
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

CREATE INDEX request_open ON request (subject) WHERE ended_at IS NULL;
CREATE INDEX request_ended ON request (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE outbox_event (
    sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    subject  TEXT NOT NULL,
    at       TEXT NOT NULL,
    data     TEXT NOT NULL CHECK (json_valid(data))
) STRICT;

CREATE TABLE audit (
    sequence   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    actor      TEXT NOT NULL CHECK (json_valid(actor)),
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT,
    at         TEXT NOT NULL,
    reason     TEXT,
    details    TEXT NOT NULL CHECK (json_valid(details)),
    request_id TEXT
) STRICT;

CREATE INDEX audit_of_user ON audit (user_id, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX audit_of_subject ON audit (subject, sequence);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
