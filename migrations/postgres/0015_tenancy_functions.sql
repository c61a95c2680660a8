-- Users, businesses and API keys.

-- Outcomes: created, exists; the user as they are now.
CREATE FUNCTION trunkline.create_user_1(
    p_id text, p_email text, p_created_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, id text, email text, created_at timestamptz)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO users AS added (id, email, created_at) VALUES (p_id, p_email, p_created_at)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        outcome := 'created';
        PERFORM tell_1(p_events, p_audit);
    ELSE
        outcome := 'exists';
    END IF;
    RETURN QUERY
    SELECT create_user_1.outcome, known.id, known.email, known.created_at FROM users known WHERE known.id = p_id;
END
$$;

-- Outcomes: created, exists (with the same owner), id_taken, owner_not_found; the business where it is the owner's.
CREATE FUNCTION trunkline.create_business_1(
    p_id uuid, p_owner text, p_name text, p_time_zone text, p_created_at timestamptz, p_updated_at timestamptz,
    p_events jsonb, p_audit jsonb
) RETURNS TABLE (
    outcome text, id uuid, user_id text, name text, time_zone text, created_at timestamptz, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    -- The owner first, and locked against going away: what refers to them is stored next.
    PERFORM FROM users owner WHERE owner.id = p_owner FOR KEY SHARE;
    IF FOUND THEN
        INSERT INTO businesses AS added (id, user_id, name, time_zone, created_at, updated_at)
        VALUES (p_id, p_owner, p_name, p_time_zone, p_created_at, p_updated_at)
        ON CONFLICT DO NOTHING;
        outcome := CASE WHEN FOUND THEN 'created' ELSE 'exists' END;
    ELSE
        outcome := 'owner_not_found';
    END IF;
    IF outcome = 'created' THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY
    SELECT CASE WHEN known.user_id = p_owner THEN create_business_1.outcome ELSE 'id_taken' END,
           known.id, known.user_id, known.name, known.time_zone, known.created_at, known.updated_at
    FROM businesses known WHERE known.id = p_id;
    IF FOUND THEN
        RETURN;
    END IF;
    IF outcome = 'exists' THEN
        RAISE EXCEPTION 'business % was deleted while it was added', p_id USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEXT;
END
$$;

-- Outcomes: updated, not_found. A name that is null stays; a time zone is set, or cleared, where `p_sets_time_zone`.
CREATE FUNCTION trunkline.update_business_1(
    p_id uuid, p_owner text, p_name text, p_sets_time_zone boolean, p_time_zone text, p_at timestamptz,
    p_events jsonb, p_audit jsonb
) RETURNS TABLE (
    outcome text, id uuid, user_id text, name text, time_zone text, created_at timestamptz, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    RETURN QUERY
    UPDATE businesses changed
    SET name = COALESCE(p_name, changed.name),
        time_zone = CASE WHEN p_sets_time_zone THEN p_time_zone ELSE changed.time_zone END,
        updated_at = p_at
    WHERE changed.id = p_id AND changed.user_id = p_owner
    RETURNING 'updated', changed.id, changed.user_id, changed.name, changed.time_zone, changed.created_at,
              changed.updated_at;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
        RETURN;
    END IF;
    outcome := 'not_found';
    RETURN NEXT;
END
$$;

-- Outcomes: deleted, not_found, in_use (by a live number, recorded ones included, or an order that has not ended).
CREATE FUNCTION trunkline.delete_business_1(p_id uuid, p_owner text, p_events jsonb, p_audit jsonb)
RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM FROM businesses doomed WHERE doomed.id = p_id AND doomed.user_id = p_owner FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
    ELSIF EXISTS (SELECT FROM business_numbers live WHERE live.business_id = p_id AND live.status <> 'released')
       OR EXISTS (SELECT FROM orders open WHERE open.business_id = p_id AND open.state NOT IN ('completed', 'failed'))
    THEN
        outcome := 'in_use';
    ELSE
        DELETE FROM businesses doomed WHERE doomed.id = p_id;
        PERFORM tell_1(p_events, p_audit);
        outcome := 'deleted';
    END IF;
    RETURN NEXT;
END
$$;

-- Outcomes: created, exists. Brings the user along where they do not exist, so that a first key can be made.
CREATE FUNCTION trunkline.create_key_1(
    p_id uuid, p_hash text, p_kind text, p_user text, p_name text, p_created_at timestamptz, p_revoked_at timestamptz,
    p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    outcome := 'exists';
    IF NOT EXISTS (SELECT FROM api_keys known WHERE known.id = p_id) THEN
        INSERT INTO users (id, created_at) SELECT p_user, p_created_at WHERE p_user IS NOT NULL
        ON CONFLICT DO NOTHING;
        INSERT INTO api_keys (id, hash, kind, user_id, name, created_at, revoked_at)
        VALUES (p_id, p_hash, p_kind, p_user, p_name, p_created_at, p_revoked_at)
        ON CONFLICT (id) DO NOTHING;
        IF FOUND THEN
            PERFORM tell_1(p_events, p_audit);
            outcome := 'created';
        END IF;
    END IF;
    RETURN NEXT;
END
$$;
