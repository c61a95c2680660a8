-- The transitions of notices and alerts.

-- Waits until nobody else works on a user's alerts in a currency: where nothing is set there is no row to lock.
CREATE FUNCTION trunkline.wait_for_alerts_1(p_user text, p_currency text) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'trunkline alerts', p_currency, p_user), 0));
END
$$;

-- Replaces what is set, and has the wallet looked at, where there is one.
CREATE FUNCTION trunkline.set_wallet_alerts_1(
    p_user text, p_currency text, p_thresholds jsonb, p_email text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM wait_for_alerts_1(p_user, p_currency);
    IF was_told_1(p_events, p_audit) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO wallet_alert AS known (user_id, currency, thresholds, email, version, updated_at)
    VALUES (p_user, p_currency, p_thresholds, p_email, 1, p_at)
    ON CONFLICT (user_id, currency) DO UPDATE SET
        thresholds = excluded.thresholds, email = excluded.email, version = known.version + 1,
        updated_at = excluded.updated_at;
    INSERT INTO wallet_moved (wallet_id)
    SELECT wallet.id FROM account wallet
    WHERE wallet.kind = 'wallet' AND wallet.user_id = p_user AND wallet.currency = p_currency
    ON CONFLICT DO NOTHING;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

-- Stores notices with the transition that causes them. One that is there stays as it is.
CREATE FUNCTION trunkline.put_notices_1(p_notices jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO notice (id, user_id, body, mail, email, created_at)
    SELECT told.id, told."user", told.body, told.mail, told.email, told.at
    FROM ROWS FROM (
        jsonb_to_recordset(p_notices) AS (id uuid, "user" text, body jsonb, mail text, email text, at timestamptz)
    ) WITH ORDINALITY AS told (id, "user", body, mail, email, at, place)
    ORDER BY told.place
    ON CONFLICT (id) DO NOTHING;
END
$$;

-- A look at a wallet: moves its mark from the look `p_after` on, and stores what is told of it. False, and nothing is
-- stored, where somebody else has looked since or the alerts have another version by now. The wallet is off the list of
-- those that have moved where there is nothing more to see; its lock keeps new rows out until then.
CREATE FUNCTION trunkline.look_at_wallet_1(
    p_wallet uuid, p_user text, p_currency text, p_after bigint, p_alerts integer, p_version bigint, p_available numeric,
    p_thresholds jsonb, p_notices jsonb, p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_version bigint;
BEGIN
    PERFORM wait_for_alerts_1(p_user, p_currency);
    SELECT wallet.version INTO v_version FROM account wallet
    WHERE wallet.id = p_wallet AND wallet.kind = 'wallet'
    FOR NO KEY UPDATE;
    IF NOT FOUND OR p_alerts <> COALESCE((
        SELECT known.version FROM wallet_alert known WHERE known.user_id = p_user AND known.currency = p_currency
    ), 0) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO wallet_watch (wallet_id, revision, version, available, thresholds)
    SELECT p_wallet, 1, p_version, p_available, p_thresholds WHERE p_after = 0
    ON CONFLICT (wallet_id) DO NOTHING;
    IF NOT FOUND THEN
        UPDATE wallet_watch watch
        SET revision = watch.revision + 1, version = p_version, available = p_available, thresholds = p_thresholds
        WHERE watch.wallet_id = p_wallet AND watch.revision = p_after;
        IF NOT FOUND THEN
            RETURN FALSE;
        END IF;
    END IF;
    IF v_version = p_version THEN
        DELETE FROM wallet_moved moved WHERE moved.wallet_id = p_wallet;
    END IF;
    PERFORM put_notices_1(p_notices);
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

CREATE FUNCTION trunkline.deliver_notice_1(p_notice uuid, p_events jsonb, p_audit jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE notice due SET mail = 'sent', leased_until = NULL, next_attempt_at = NULL
    WHERE due.id = p_notice AND due.mail IN ('waiting', 'failed');
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

-- Leaves a letter until later, or as failed where `p_next_attempt_in` is null.
CREATE FUNCTION trunkline.set_back_notice_1(
    p_notice uuid, p_lease bigint, p_attempts bigint, p_mail text, p_next_attempt_in interval, p_events jsonb,
    p_audit jsonb, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE notice due
    SET mail = p_mail, leased_until = NULL, attempts = p_attempts,
        next_attempt_at = lease_time_1(p_now) + p_next_attempt_in
    WHERE due.id = p_notice AND due.mail = 'waiting' AND due.lease = p_lease AND due.leased_until IS NOT NULL;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;
