-- What travels with every change: the client's idempotency key, the events and the audit lines.

CREATE TABLE trunkline.request (
    user_id     text NOT NULL,
    operation   text NOT NULL CHECK (operation IN ('purchase', 'release', 'credit')),
    key         text NOT NULL,
    fingerprint uuid NOT NULL,
    -- The order, number or transfer that it is about.
    subject     uuid NOT NULL,
    -- The answer, once there is one. Keys of what is still open are never purged.
    outcome     jsonb,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (user_id, operation, key),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

CREATE INDEX request_open ON trunkline.request (subject) WHERE ended_at IS NULL;
CREATE INDEX request_ended ON trunkline.request (ended_at) WHERE ended_at IS NOT NULL;

-- `sequence` is the order of writing. Transactions commit in another order, so a reader that remembers the highest it
-- has seen would miss events: it must look for what is not delivered.
CREATE TABLE trunkline.outbox_event (
    sequence bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id       uuid NOT NULL UNIQUE,
    kind     text NOT NULL,
    user_id  text NOT NULL,
    subject  text NOT NULL,
    at       timestamptz NOT NULL,
    data     jsonb NOT NULL
);

CREATE TABLE trunkline.audit (
    sequence   bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    actor      jsonb NOT NULL,
    action     text NOT NULL,
    subject    text NOT NULL,
    user_id    text,
    at         timestamptz NOT NULL,
    reason     text,
    details    jsonb NOT NULL,
    request_id text
);

CREATE INDEX audit_of_user ON trunkline.audit (user_id, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX audit_of_subject ON trunkline.audit (subject, sequence);

CREATE TRIGGER audit_is_never_changed
    BEFORE UPDATE OR DELETE OR TRUNCATE ON trunkline.audit
    FOR EACH STATEMENT
    EXECUTE FUNCTION trunkline.refuse_statement('the audit trail is append-only');
