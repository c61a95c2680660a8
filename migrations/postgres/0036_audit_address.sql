-- From where the request came that a line of the audit trail tells of; lines of older releases have none.

ALTER TABLE trunkline.audit ADD COLUMN address text;

-- Stores the events and audit lines of a change that was applied. It takes the place of the one before, under the same
-- name, because every transition calls it, those of older servers too: what they send is stored as ever, and their lines
-- have no address.
CREATE OR REPLACE FUNCTION trunkline.tell_1(p_events jsonb, p_audit jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO outbox_event (id, kind, user_id, subject, at, data)
    SELECT told.id, told.kind, told."user", told.subject, told.at, COALESCE(told.data, 'null')
    FROM ROWS FROM (
        jsonb_to_recordset(p_events) AS (id uuid, kind text, "user" text, subject text, at timestamptz, data jsonb)
    ) WITH ORDINALITY AS told (id, kind, "user", subject, at, data, place)
    ORDER BY told.place;
    INSERT INTO audit (actor, action, subject, user_id, at, reason, details, request_id, address)
    SELECT told.actor, told.action, told.subject, told."user", told.at, told.reason, COALESCE(told.details, 'null'),
           told.request_id, told.address
    FROM ROWS FROM (
        jsonb_to_recordset(p_audit) AS (
            actor jsonb, action text, subject text, "user" text, at timestamptz, reason text, details jsonb,
            request_id text, address text
        )
    ) WITH ORDINALITY AS told (actor, action, subject, "user", at, reason, details, request_id, address, place)
    ORDER BY told.place;
END
$$;
