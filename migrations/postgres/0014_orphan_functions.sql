-- The transitions of orphans, numbers that the provider holds for orders that failed here, and the end of a pass.

-- Begins the release of an orphan: only where this database knows that the number is nobody's.
-- Outcomes: begun, with the lease; unknown_order, order_not_failed, number_exists, in_progress, claimed_by_other.
CREATE FUNCTION trunkline.begin_orphan_1(
    p_number_sid text, p_account_sid text, p_phone_number text, p_order uuid, p_lease interval, p_at timestamptz,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, lease bigint)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_state text;
    v_now timestamptz;
    v_is_new boolean;
BEGIN
    -- Failed is an end, so it stays true; the lock keeps a second number of the same order waiting.
    SELECT marked.state INTO v_state FROM orders marked WHERE marked.id = p_order
    FOR NO KEY UPDATE;
    outcome := CASE
        WHEN NOT FOUND THEN 'unknown_order'
        WHEN v_state <> 'failed' THEN 'order_not_failed'
        WHEN EXISTS (SELECT 1 FROM business_numbers known WHERE known.twilio_sid = p_number_sid) THEN 'number_exists'
    END;
    IF outcome IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO orphan_release (twilio_sid, twilio_account_sid, phone_number, order_id, state, lease, created_at,
                                updated_at)
    VALUES (p_number_sid, p_account_sid, p_phone_number, p_order, 'releasing', 0, p_at, p_at)
    ON CONFLICT (twilio_sid) DO NOTHING;
    v_is_new := FOUND;
    IF v_is_new THEN
        INSERT INTO number_claim AS claim (phone_number, order_id, state)
        VALUES (p_phone_number, p_order, 'orphan')
        ON CONFLICT (phone_number) DO UPDATE SET state = 'orphan' WHERE claim.state = 'cooling';
        IF NOT FOUND THEN
            -- Nobody has seen it yet.
            DELETE FROM orphan_release WHERE twilio_sid = p_number_sid;
            outcome := 'claimed_by_other';
            RETURN NEXT;
            RETURN;
        END IF;
    ELSE
        PERFORM 1 FROM orphan_release guard WHERE guard.twilio_sid = p_number_sid FOR NO KEY UPDATE;
    END IF;
    v_now := lease_time_1(p_now);
    UPDATE orphan_release taken
    SET lease = taken.lease + 1, leased_until = v_now + p_lease, updated_at = p_at
    WHERE taken.twilio_sid = p_number_sid AND taken.state = 'releasing'
      AND (taken.leased_until IS NULL OR taken.leased_until <= v_now)
      AND (taken.next_attempt_at IS NULL OR taken.next_attempt_at <= v_now)
    RETURNING 'begun', taken.lease INTO outcome, lease;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
    ELSE
        outcome := 'in_progress';
    END IF;
    RETURN NEXT;
END
$$;

-- The orphan is gone at the provider. Its own order's claim is freed; one that another failed order left cooling cools
-- on, because that order's number may still turn up. False where there is no such orphan.
CREATE FUNCTION trunkline.finish_orphan_1(
    p_number_sid text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_orphan record;
BEGIN
    SELECT guard.state, guard.phone_number, guard.order_id INTO v_orphan
    FROM orphan_release guard WHERE guard.twilio_sid = p_number_sid
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    IF v_orphan.state <> 'released' THEN
        UPDATE orphan_release
        SET state = 'released', review_reason = NULL, leased_until = NULL, next_attempt_at = NULL, updated_at = p_at
        WHERE twilio_sid = p_number_sid;
        DELETE FROM number_claim WHERE order_id = v_orphan.order_id AND state = 'orphan';
        UPDATE number_claim SET state = 'cooling' WHERE phone_number = v_orphan.phone_number AND state = 'orphan';
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN TRUE;
END
$$;

-- Leaves an orphan until later, and gives the lease up. False when the lease is lost.
CREATE FUNCTION trunkline.park_orphan_1(
    p_number_sid text, p_lease bigint, p_next_attempt_in interval, p_attempts bigint, p_at timestamptz,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE orphan_release
    SET leased_until = NULL, next_attempt_at = lease_time_1(p_now) + p_next_attempt_in, attempts = p_attempts,
        updated_at = p_at
    WHERE twilio_sid = p_number_sid AND lease = p_lease AND leased_until IS NOT NULL;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
        RETURN TRUE;
    END IF;
    RETURN FALSE;
END
$$;

-- Hands an orphan to an operator. False when the lease is lost.
CREATE FUNCTION trunkline.refer_orphan_1(
    p_number_sid text, p_lease bigint, p_reason text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE orphan_release
    SET state = 'review', review_reason = p_reason, leased_until = NULL, next_attempt_at = NULL, updated_at = p_at
    WHERE twilio_sid = p_number_sid AND lease = p_lease AND leased_until IS NOT NULL;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
        RETURN TRUE;
    END IF;
    RETURN FALSE;
END
$$;

-- Ends a pass over the provider's inventory. A complete one frees the claims of the listed account that had cooled for
-- `p_cooling` when it began and whose number the listing lacks, and says how many; an incomplete one frees nothing, and
-- is made again soon. Nothing happens when the lease is lost.
CREATE FUNCTION trunkline.finish_pass_1(
    p_lease bigint, p_account_sid text, p_complete boolean, p_present text[], p_cooling interval, p_events jsonb,
    p_audit jsonb, p_now timestamptz
) RETURNS bigint
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_begun_at timestamptz;
    v_freed bigint := 0;
BEGIN
    UPDATE inventory_pass
    SET leased_until = NULL, complete = p_complete,
        ended_at = CASE WHEN p_complete THEN lease_time_1(p_now) ELSE ended_at END
    WHERE lease = p_lease AND leased_until IS NOT NULL
    RETURNING begun_at INTO v_begun_at;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    IF p_complete THEN
        DELETE FROM number_claim claim
        USING orders cooled
        WHERE cooled.id = claim.order_id AND cooled.twilio_account_sid = p_account_sid
          AND claim.state = 'cooling' AND claim.cooling_since <= v_begun_at - p_cooling
          AND NOT EXISTS (SELECT 1 FROM unnest(p_present) AS listed (phone) WHERE listed.phone = claim.phone_number);
        GET DIAGNOSTICS v_freed = ROW_COUNT;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN v_freed;
END
$$;
