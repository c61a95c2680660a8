-- What a key is for, how long, when it was last used, and whose successor it is.

ALTER TABLE trunkline.api_keys
    -- Names of scopes with a blank between them. NULL for a key of the time before, and for one that a server of that
    -- time makes: it has every scope of its kind.
    ADD COLUMN scopes       text,
    ADD COLUMN expires_at   timestamptz,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN replaces     uuid REFERENCES trunkline.api_keys (id);

-- A key has one successor, whoever rotates it at the same time.
CREATE UNIQUE INDEX api_keys_successor ON trunkline.api_keys (replaces) WHERE replaces IS NOT NULL;

-- Lists of keys, newest first: everybody's, and one user's.
CREATE INDEX api_keys_by_age ON trunkline.api_keys (created_at, id);
DROP INDEX trunkline.api_keys_of_user;
CREATE INDEX api_keys_of_user ON trunkline.api_keys (user_id, created_at, id) WHERE user_id IS NOT NULL;

-- Whether a user has fewer open keys than they may. Locks the user's row first, so that of two keys that are made at once
-- the second counts the first. Services and operators have no such limit.
CREATE FUNCTION trunkline.has_room_for_key_1(
    p_user text, p_at timestamptz, p_not_counted uuid, p_open_at_most bigint
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM FROM users known WHERE known.id = p_user FOR NO KEY UPDATE;
    RETURN p_user IS NULL OR p_open_at_most > (
        SELECT count(*) FROM api_keys known
        WHERE known.user_id = p_user AND known.revoked_at IS NULL
          AND (known.expires_at IS NULL OR known.expires_at > p_at) AND known.id IS DISTINCT FROM p_not_counted
    );
END
$$;

-- Outcomes: created, exists, too_many. Brings the user along where they do not exist, so that a first key can be made.
CREATE FUNCTION trunkline.create_key_2(
    p_id uuid, p_hash text, p_kind text, p_user text, p_name text, p_scopes text, p_created_at timestamptz,
    p_expires_at timestamptz, p_revoked_at timestamptz, p_open_at_most bigint, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    outcome := 'exists';
    IF NOT EXISTS (SELECT FROM api_keys known WHERE known.id = p_id) THEN
        INSERT INTO users (id, created_at) SELECT p_user, p_created_at WHERE p_user IS NOT NULL
        ON CONFLICT DO NOTHING;
        IF NOT has_room_for_key_1(p_user, p_created_at, NULL, p_open_at_most) THEN
            outcome := 'too_many';
        ELSE
            INSERT INTO api_keys (id, hash, kind, user_id, name, scopes, created_at, expires_at, revoked_at)
            VALUES (p_id, p_hash, p_kind, p_user, p_name, p_scopes, p_created_at, p_expires_at, p_revoked_at)
            ON CONFLICT (id) DO NOTHING;
            IF FOUND THEN
                PERFORM tell_1(p_events, p_audit);
                outcome := 'created';
            END IF;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

-- Outcomes: rotated, not_found, ended, too_many. The row of the old key is locked first, so of two rotations at once the second
-- finds the first one's successor. Holder, name and scopes are the old one's, whoever asks for what.
CREATE FUNCTION trunkline.rotate_key_1(
    p_key uuid, p_user text, p_at timestamptz, p_old_ends_at timestamptz, p_id uuid, p_hash text,
    p_created_at timestamptz, p_expires_at timestamptz, p_open_at_most bigint, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    old api_keys;
    successor uuid;
BEGIN
    SELECT * INTO old FROM api_keys known
    WHERE known.id = p_key AND (p_user IS NULL OR known.user_id = p_user) FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT known.id INTO successor FROM api_keys known WHERE known.replaces = p_key;
    IF successor = p_id THEN
        outcome := 'rotated';
    ELSIF successor IS NOT NULL OR old.revoked_at IS NOT NULL OR old.expires_at <= p_at THEN
        outcome := 'ended';
    ELSIF NOT has_room_for_key_1(old.user_id, p_at, p_key, p_open_at_most) THEN
        outcome := 'too_many';
    ELSE
        INSERT INTO api_keys (id, hash, kind, user_id, name, scopes, created_at, expires_at, replaces)
        VALUES (p_id, p_hash, old.kind, old.user_id, old.name, old.scopes, p_created_at, p_expires_at, p_key);
        UPDATE api_keys known SET expires_at = least(known.expires_at, p_old_ends_at) WHERE known.id = p_key;
        PERFORM tell_1(p_events, p_audit);
        outcome := 'rotated';
    END IF;
    RETURN NEXT;
END
$$;

-- Outcomes: revoked, not_found. A key that is revoked keeps the moment at which it was.
CREATE FUNCTION trunkline.revoke_key_1(
    p_key uuid, p_user text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    outcome := 'revoked';
    UPDATE api_keys known SET revoked_at = p_at
    WHERE known.id = p_key AND (p_user IS NULL OR known.user_id = p_user) AND known.revoked_at IS NULL;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
    ELSIF NOT EXISTS (
        SELECT FROM api_keys known WHERE known.id = p_key AND (p_user IS NULL OR known.user_id = p_user)
    ) THEN
        outcome := 'not_found';
    END IF;
    RETURN NEXT;
END
$$;
