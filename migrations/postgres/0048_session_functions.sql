-- The transitions of accounts and sessions.
--
-- Whoever changes an account, or begins a session by it, locks its row first; what belongs to it follows.

-- Outcomes: created, email_taken, subject_taken, user_not_found. Accounts are made one at a time, so that whoever finds a
-- name taken has left nothing of theirs behind.
CREATE FUNCTION trunkline.create_sign_in_account_1(
    p_id uuid, p_email text, p_email_key text, p_subject text, p_user text, p_password text, p_disabled_at timestamptz,
    p_revision bigint, p_created_at timestamptz, p_key jsonb, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_key uuid := (p_key->>'id')::uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline sign-in account', 0));
    IF EXISTS (SELECT FROM sign_in_account known WHERE known.id = p_id) THEN
        outcome := 'created';
    ELSIF EXISTS (SELECT FROM sign_in_account known WHERE known.email_key = p_email_key) THEN
        outcome := 'email_taken';
    ELSIF EXISTS (SELECT FROM sign_in_account known WHERE known.subject = p_subject) THEN
        outcome := 'subject_taken';
    ELSIF p_user IS NOT NULL AND NOT EXISTS (SELECT FROM users known WHERE known.id = p_user) THEN
        outcome := 'user_not_found';
    ELSE
        INSERT INTO api_keys (id, hash, kind, name, scopes, created_at, expires_at)
        SELECT v_key, p_key->>'hash', 'operator', p_key->>'name', p_key->>'scopes', (p_key->>'created_at')::timestamptz,
               (p_key->>'expires_at')::timestamptz
        WHERE v_key IS NOT NULL;
        INSERT INTO sign_in_account (
            id, email, email_key, subject, user_id, key_id, password, disabled_at, revision, created_at
        )
        VALUES (
            p_id, p_email, p_email_key, p_subject, p_user, v_key, p_password, p_disabled_at, p_revision, p_created_at
        );
        PERFORM tell_1(p_events, p_audit);
        outcome := 'created';
    END IF;
    RETURN NEXT;
END
$$;

-- Ends an account's sessions, but for one, and its links.
CREATE FUNCTION trunkline.close_sign_ins_1(p_account uuid, p_keep uuid) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    DELETE FROM session gone WHERE gone.account_id = p_account AND gone.id IS DISTINCT FROM p_keep;
    DELETE FROM sign_in_link gone WHERE gone.account_id = p_account;
END
$$;

-- Outcomes: set, not_found, stale.
CREATE FUNCTION trunkline.set_sign_in_password_1(
    p_account uuid, p_password text, p_seen bigint, p_keep uuid, p_forget text, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_revision bigint;
BEGIN
    SELECT known.revision INTO v_revision FROM sign_in_account known
    WHERE known.id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
    ELSIF was_told_1(p_events, p_audit) THEN
        outcome := 'set';
    ELSIF p_seen <> v_revision THEN
        outcome := 'stale';
    ELSE
        UPDATE sign_in_account known SET password = p_password, revision = known.revision + 1
        WHERE known.id = p_account;
        PERFORM close_sign_ins_1(p_account, p_keep);
        DELETE FROM sign_in_attempt past WHERE past.email_hash = p_forget;
        PERFORM tell_1(p_events, p_audit);
        outcome := 'set';
    END IF;
    RETURN NEXT;
END
$$;

-- Disables an account since `p_disabled_at`, or enables it. Outcomes: switched, not_found.
CREATE FUNCTION trunkline.switch_sign_in_account_1(
    p_account uuid, p_disabled_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_was_enabled boolean;
BEGIN
    SELECT known.disabled_at IS NULL INTO v_was_enabled FROM sign_in_account known
    WHERE known.id = p_account FOR NO KEY UPDATE;
    outcome := CASE WHEN FOUND THEN 'switched' ELSE 'not_found' END;
    IF v_was_enabled <> (p_disabled_at IS NULL) THEN
        UPDATE sign_in_account known SET disabled_at = p_disabled_at, revision = known.revision + 1
        WHERE known.id = p_account;
        IF p_disabled_at IS NOT NULL THEN
            PERFORM close_sign_ins_1(p_account, NULL);
        END IF;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN NEXT;
END
$$;

-- Counts an attempt, and answers with null; or with how many microseconds it is until there is room, and counts nothing.
-- Attempts of one account, and those from one network, wait for each other, in this order.
CREATE FUNCTION trunkline.claim_sign_in_attempt_1(
    p_id uuid, p_email text, p_network text, p_per_account bigint, p_per_network bigint, p_window interval,
    p_now timestamptz
) RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
    v_full_since timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline attempts of ' || p_email, 0));
    IF p_network IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('trunkline attempts from ' || p_network, 0));
    END IF;
    v_now := lease_time_1(p_now);
    IF EXISTS (SELECT FROM sign_in_attempt known WHERE known.id = p_id) THEN
        RETURN NULL;
    END IF;
    -- While the last of so many is within the window, there is no room.
    v_full_since := greatest(
        (SELECT past.at FROM sign_in_attempt past WHERE past.email_hash = p_email AND past.at > v_now - p_window
         ORDER BY past.at DESC OFFSET p_per_account - 1 LIMIT 1),
        (SELECT past.at FROM sign_in_attempt past WHERE past.network = p_network AND past.at > v_now - p_window
         ORDER BY past.at DESC OFFSET p_per_network - 1 LIMIT 1)
    );
    IF v_full_since IS NULL THEN
        INSERT INTO sign_in_attempt (id, email_hash, network, at) VALUES (p_id, p_email, p_network, v_now);
    END IF;
    RETURN (extract(epoch FROM v_full_since + p_window - v_now) * 1000000)::bigint;
END
$$;

CREATE FUNCTION trunkline.note_sign_in_failure_1(p_attempt uuid, p_events jsonb, p_audit jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE sign_in_attempt claimed SET has_failed = TRUE WHERE claimed.id = p_attempt AND NOT claimed.has_failed;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

-- Outcomes: begun, closed, link_spent. The account's row is locked against changes until the session is there, so that a
-- change of the account either closes this or ends it.
CREATE FUNCTION trunkline.begin_session_1(
    p_id uuid, p_token text, p_account uuid, p_revision bigint, p_method text, p_email text, p_link text,
    p_replaces text, p_address text, p_user_agent text, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
BEGIN
    PERFORM FROM sign_in_account known
    WHERE known.id = p_account AND known.revision = p_revision AND known.disabled_at IS NULL
    FOR SHARE;
    v_now := lease_time_1(p_now);
    IF EXISTS (SELECT FROM session known WHERE known.id = p_id) THEN
        outcome := 'begun';
    ELSIF NOT EXISTS (
        SELECT FROM sign_in_account known LEFT JOIN api_keys opening ON opening.id = known.key_id
        WHERE known.id = p_account AND known.revision = p_revision AND known.disabled_at IS NULL
          AND (known.key_id IS NULL
               OR opening.revoked_at IS NULL AND (opening.expires_at IS NULL OR opening.expires_at > v_now))
    ) THEN
        outcome := 'closed';
    ELSE
        IF p_link IS NOT NULL THEN
            DELETE FROM sign_in_link spent
            WHERE spent.token_hash = p_link AND spent.account_id = p_account AND spent.expires_at > v_now;
            IF NOT FOUND THEN
                outcome := 'link_spent';
                RETURN NEXT;
                RETURN;
            END IF;
        END IF;
        INSERT INTO session (id, token_hash, account_id, method, started_at, last_seen_at, address, user_agent)
        VALUES (p_id, p_token, p_account, p_method, v_now, v_now, p_address, p_user_agent);
        DELETE FROM session replaced WHERE replaced.token_hash = p_replaces;
        DELETE FROM sign_in_attempt past WHERE past.email_hash = p_email;
        PERFORM tell_1(p_events, p_audit);
        outcome := 'begun';
    END IF;
    RETURN NEXT;
END
$$;

-- Ends one session of an account, or all but one, and says how many that were.
CREATE FUNCTION trunkline.end_sessions_1(p_account uuid, p_one uuid, p_keep uuid, p_events jsonb, p_audit jsonb)
RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_ended bigint;
BEGIN
    DELETE FROM session gone
    WHERE gone.account_id = p_account AND (p_one IS NULL OR gone.id = p_one) AND gone.id IS DISTINCT FROM p_keep;
    GET DIAGNOSTICS v_ended = ROW_COUNT;
    IF v_ended > 0 THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN v_ended;
END
$$;

-- Answers with the link's end; with null where no such account is enabled.
CREATE FUNCTION trunkline.create_sign_in_link_1(
    p_link text, p_account uuid, p_lives interval, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_end timestamptz;
BEGIN
    PERFORM FROM sign_in_account known WHERE known.id = p_account AND known.disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO sign_in_link AS made (token_hash, account_id, expires_at)
    VALUES (p_link, p_account, lease_time_1(p_now) + p_lives)
    ON CONFLICT (token_hash) DO NOTHING
    RETURNING made.expires_at INTO v_end;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
    ELSE
        SELECT known.expires_at INTO v_end FROM sign_in_link known WHERE known.token_hash = p_link;
    END IF;
    RETURN v_end;
END
$$;

-- Removes what is over, at most so many of each, and answers with the most that there was of one. What another server
-- removes at this moment is left to it.
CREATE FUNCTION trunkline.sweep_sessions_1(
    p_idle interval, p_max interval, p_attempts interval, p_limit bigint, p_now timestamptz
) RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz := lease_time_1(p_now);
    v_count bigint;
    v_most bigint;
BEGIN
    DELETE FROM session gone USING (
        SELECT past.id FROM session past WHERE past.last_seen_at <= v_now - p_idle OR past.started_at <= v_now - p_max
        LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) past WHERE gone.id = past.id;
    GET DIAGNOSTICS v_most = ROW_COUNT;
    DELETE FROM sign_in_link gone USING (
        SELECT past.token_hash FROM sign_in_link past WHERE past.expires_at <= v_now
        LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) past WHERE gone.token_hash = past.token_hash;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_most := greatest(v_most, v_count);
    DELETE FROM sign_in_attempt gone USING (
        SELECT past.id FROM sign_in_attempt past WHERE past.at <= v_now - p_attempts
        LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) past WHERE gone.id = past.id;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    v_most := greatest(v_most, v_count);
    DELETE FROM sign_in_pending gone USING (
        SELECT past.state_hash FROM sign_in_pending past WHERE past.expires_at <= v_now
        LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) past WHERE gone.state_hash = past.state_hash;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN greatest(v_most, v_count);
END
$$;

-- As rotate_key_1, but for the key of an operator who signs in at a browser (of_an_account): its successor would be a secret that
-- outlives the account. A key is an account's from its first moment on, so nothing has to be locked to know.
CREATE FUNCTION trunkline.rotate_key_2(
    p_key uuid, p_user text, p_at timestamptz, p_old_ends_at timestamptz, p_id uuid, p_hash text,
    p_created_at timestamptz, p_expires_at timestamptz, p_open_at_most bigint, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    IF p_user IS NULL AND EXISTS (SELECT FROM sign_in_account holder WHERE holder.key_id = p_key) THEN
        outcome := 'of_an_account';
        RETURN NEXT;
    ELSE
        RETURN QUERY SELECT done.outcome FROM rotate_key_1(
            p_key, p_user, p_at, p_old_ends_at, p_id, p_hash, p_created_at, p_expires_at, p_open_at_most, p_events, p_audit
        ) done;
    END IF;
END
$$;
