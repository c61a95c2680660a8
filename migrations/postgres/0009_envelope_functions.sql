-- The transitions of PostgreSQL are functions: one call, in one round trip, is one transaction. On SQLite the same
-- transitions are Rust, so the numbers from this file to the last `_functions` are PostgreSQL's alone.
--
-- How they are written:
-- - A function's name ends with its version, and a function is never replaced: a later one is made beside it, and
--   servers of both releases work at once.
-- - Amounts, rows, ends and the states that a transition may leave come from the caller, as `p_...`. Functions compare
--   and write.
-- - A rule's refusal is an `outcome`, which commits. An exception says that the caller or the database is at fault, and
--   nothing is kept.
-- - Each statement sees what was committed before it began (READ COMMITTED), so what was read before waiting for a lock
--   is read again after it.
-- - Rows are locked in one order: the turn of a request, the order, the number, the orphan, the claim, the wallet.
--   Requests, events and audit lines follow when nothing is waited for any more.
-- - `p_now` is the time by which leases are reckoned: null outside of tests, which is this database's clock.
--
-- This file: what travels with every change. `p_request` is null for a change without an idempotency key, else
-- {"user", "operation", "key", "fingerprint", "kept"}; `kept` is how long an answer is kept from its end.

CREATE FUNCTION trunkline.lease_time_1(p_now timestamptz) RETURNS timestamptz
LANGUAGE sql VOLATILE
RETURN COALESCE(p_now, clock_timestamp());

-- Waits until nobody else works on the same request, or on this very change where it has none. Held to the end of the
-- transaction; two requests that share a turn by chance wait for each other, and nothing else comes of it.
CREATE FUNCTION trunkline.wait_for_turn_1(p_request jsonb, p_subject uuid) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(
        CASE
            WHEN p_request IS NULL THEN 'trunkline change ' || p_subject
            ELSE concat_ws(' ', 'trunkline request', p_request->>'operation', p_request->>'user', p_request->>'key')
        END,
        0
    ));
END
$$;

-- What a key stands for now: no row when it is free. To be asked in the key's turn.
CREATE FUNCTION trunkline.known_request_1(p_request jsonb, p_now timestamptz)
RETURNS TABLE (outcome text, subject uuid, document jsonb)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT CASE
               WHEN known.fingerprint <> (p_request->>'fingerprint')::uuid THEN 'other_command'
               WHEN known.ended_at IS NULL THEN 'open'
               ELSE 'ended'
           END,
           known.subject,
           known.outcome
    FROM request known
    WHERE known.user_id = p_request->>'user'
      AND known.operation = p_request->>'operation'
      AND known.key = p_request->>'key'
      AND (known.ended_at IS NULL OR known.ended_at > lease_time_1(p_now) - (p_request->>'kept')::interval);
END
$$;

-- Takes a free key: for something that is not ended yet, or with the answer of something that is. A row of the key
-- that is still there is past its time. A few other such rows go by the way, so the table does not grow; those that
-- somebody else removes now are left to them.
CREATE FUNCTION trunkline.keep_request_1(p_request jsonb, p_subject uuid, p_outcome jsonb, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz := lease_time_1(p_now);
BEGIN
    IF p_request IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO request AS kept (user_id, operation, key, fingerprint, subject, outcome, created_at, ended_at)
    VALUES (
        p_request->>'user', p_request->>'operation', p_request->>'key', (p_request->>'fingerprint')::uuid, p_subject,
        p_outcome, v_now, CASE WHEN p_outcome IS NOT NULL THEN v_now END
    )
    ON CONFLICT (user_id, operation, key) DO UPDATE SET
        fingerprint = excluded.fingerprint, subject = excluded.subject, outcome = excluded.outcome,
        created_at = excluded.created_at, ended_at = excluded.ended_at;
    DELETE FROM request past
    USING (
        SELECT due.user_id, due.operation, due.key FROM request due
        WHERE due.ended_at IS NOT NULL AND due.ended_at <= v_now - (p_request->>'kept')::interval
        ORDER BY due.ended_at LIMIT 4
        FOR UPDATE SKIP LOCKED
    ) due
    WHERE (past.user_id, past.operation, past.key) = (due.user_id, due.operation, due.key);
END
$$;

-- Stores the answer of whatever request is open about a subject; without one, its key is free for another try.
CREATE FUNCTION trunkline.end_request_1(p_operation text, p_subject uuid, p_outcome jsonb, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    IF p_outcome IS NULL THEN
        DELETE FROM request open
        WHERE open.subject = p_subject AND open.operation = p_operation AND open.ended_at IS NULL;
    ELSE
        UPDATE request open SET outcome = p_outcome, ended_at = lease_time_1(p_now)
        WHERE open.subject = p_subject AND open.operation = p_operation AND open.ended_at IS NULL;
    END IF;
END
$$;

-- Stores the events and audit lines of a change that was applied.
CREATE FUNCTION trunkline.tell_1(p_events jsonb, p_audit jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO outbox_event (id, kind, user_id, subject, at, data)
    SELECT told.id, told.kind, told."user", told.subject, told.at, COALESCE(told.data, 'null')
    FROM ROWS FROM (
        jsonb_to_recordset(p_events) AS (id uuid, kind text, "user" text, subject text, at timestamptz, data jsonb)
    ) WITH ORDINALITY AS told (id, kind, "user", subject, at, data, place)
    ORDER BY told.place;
    INSERT INTO audit (actor, action, subject, user_id, at, reason, details, request_id)
    SELECT told.actor, told.action, told.subject, told."user", told.at, told.reason, COALESCE(told.details, 'null'),
           told.request_id
    FROM ROWS FROM (
        jsonb_to_recordset(p_audit) AS (
            actor jsonb, action text, subject text, "user" text, at timestamptz, reason text, details jsonb,
            request_id text
        )
    ) WITH ORDINALITY AS told (actor, action, subject, "user", at, reason, details, request_id, place)
    ORDER BY told.place;
END
$$;

-- Whether this very change was applied before, by its first event or else its first audit line. Only for transitions
-- that leave no id of their own behind; a bare change is never recognised.
CREATE FUNCTION trunkline.was_told_1(p_events jsonb, p_audit jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    IF jsonb_array_length(p_events) > 0 THEN
        RETURN EXISTS (SELECT 1 FROM outbox_event told WHERE told.id = (p_events->0->>'id')::uuid);
    END IF;
    RETURN EXISTS (
        SELECT 1 FROM audit told
        WHERE told.subject = p_audit->0->>'subject'
          AND told.action = p_audit->0->>'action'
          AND told.at = (p_audit->0->>'at')::timestamptz
          AND told.actor = p_audit->0->'actor'
          AND told.request_id IS NOT DISTINCT FROM p_audit->0->>'request_id'
    );
END
$$;
