-- The transitions of giving a number back. The number row carries the lease, as an order does; `p_from` lists the
-- statuses that the transition may leave.

-- TX1 of a release: a bought number of the user's becomes `releasing`; the record of a number elsewhere becomes
-- `released` at once, because there is nobody to tell, and `p_removed` answers its request.
-- Outcomes: begun, record_removed (both with the number); refused, and ended (an answer of before), both with the end as
-- the client hears it; open, with its subject; other_command.
CREATE FUNCTION trunkline.begin_release_1(
    p_number uuid, p_user text, p_from text[], p_lease interval, p_removed jsonb, p_at timestamptz, p_request jsonb,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
    v_is_theirs boolean;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_number);
    SELECT guard.user_id, guard.status, guard.is_primary, guard.twilio_sid IS NULL AS is_record INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    v_is_theirs := FOUND AND v_number.user_id = p_user AND v_number.status <> 'released';
    outcome := CASE WHEN v_number.is_record THEN 'record_removed' ELSE 'begun' END;
    subject := p_number;
    -- This very change, asked for again: answered with what it began, as far as that has come.
    IF NOT was_told_1(p_events, p_audit) THEN
        RETURN QUERY
        SELECT known.outcome, known.subject, known.document, NULL::business_numbers
        FROM known_request_1(p_request, p_now) known;
        IF FOUND THEN
            RETURN;
        END IF;
        IF NOT v_is_theirs OR v_number.is_primary OR v_number.status <> ALL (p_from) THEN
            outcome := 'refused';
            document := jsonb_build_object('end', 'refused', 'why', CASE
                WHEN NOT v_is_theirs THEN 'not_found'
                WHEN v_number.status <> ALL (p_from) THEN 'busy'
                ELSE 'primary'
            END);
            PERFORM keep_request_1(p_request, p_number, document, p_now);
            RETURN NEXT;
            RETURN;
        ELSIF v_number.is_record THEN
            UPDATE business_numbers SET status = 'released', version = version + 1, updated_at = p_at
            WHERE id = p_number;
            PERFORM keep_request_1(p_request, p_number, p_removed, p_now);
        ELSE
            UPDATE business_numbers
            SET status = 'releasing', release_lease = release_lease + 1, release_opener_lease = release_lease + 1,
                release_leased_until = lease_time_1(p_now) + p_lease, release_attempts = 0,
                release_next_attempt_at = NULL, version = version + 1, updated_at = p_at
            WHERE id = p_number;
            PERFORM keep_request_1(p_request, p_number, NULL, p_now);
        END IF;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY SELECT begin_release_1.outcome, p_number, NULL::jsonb, after
    FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- The number is gone at the provider: released, and its claim freed. Needs no lease, because it carries evidence.
-- Outcomes: applied, stale; both with the number.
CREATE FUNCTION trunkline.finish_release_1(
    p_number uuid, p_from text[], p_end jsonb, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    SELECT guard.status, guard.order_id INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'applied';
    IF v_number.status = ANY (p_from) THEN
        UPDATE business_numbers
        SET status = 'released', review_reason = NULL, release_leased_until = NULL, release_next_attempt_at = NULL,
            version = version + 1, updated_at = p_at
        WHERE id = p_number;
        DELETE FROM number_claim WHERE order_id = v_number.order_id AND state = 'owned';
        PERFORM end_request_1('release', p_number, p_end, p_now);
        PERFORM tell_1(p_events, p_audit);
    ELSIF v_number.status <> 'released' THEN
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT finish_release_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- The provider refuses to take the number back: active again.
-- Outcomes: applied, stale; both with the number.
CREATE FUNCTION trunkline.give_back_release_1(
    p_number uuid, p_from text[], p_lease bigint, p_end jsonb, p_at timestamptz, p_events jsonb, p_audit jsonb,
    p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    SELECT guard.status, guard.release_lease AS lease, guard.release_leased_until IS NOT NULL AS is_leased,
           guard.updated_at
    INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'applied';
    IF v_number.status = ANY (p_from) AND v_number.lease = p_lease AND v_number.is_leased THEN
        UPDATE business_numbers
        SET status = 'active', review_reason = NULL, release_leased_until = NULL, release_next_attempt_at = NULL,
            version = version + 1, updated_at = p_at
        WHERE id = p_number;
        PERFORM end_request_1('release', p_number, p_end, p_now);
        PERFORM tell_1(p_events, p_audit);
    ELSIF v_number.is_leased OR (v_number.status, v_number.lease, v_number.updated_at) <> ('active', p_lease, p_at) THEN
        -- Not this very change, applied before.
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT give_back_release_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- Leaves a release undecided until later, and gives the lease up. Nothing that a customer sees changes, so the number's
-- version and time of change stay.
-- Outcomes: applied, stale; both with the number.
CREATE FUNCTION trunkline.park_release_1(
    p_number uuid, p_lease bigint, p_next_attempt_in interval, p_attempts bigint, p_events jsonb, p_audit jsonb,
    p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    SELECT guard.status, guard.release_lease AS lease, guard.release_leased_until IS NOT NULL AS is_leased,
           guard.release_attempts AS attempts
    INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'applied';
    IF v_number.status <> 'releasing' OR v_number.lease <> p_lease THEN
        outcome := 'stale';
    ELSIF v_number.is_leased THEN
        UPDATE business_numbers
        SET release_leased_until = NULL, release_next_attempt_at = lease_time_1(p_now) + p_next_attempt_in,
            release_attempts = p_attempts
        WHERE id = p_number;
        PERFORM tell_1(p_events, p_audit);
    ELSIF v_number.attempts <> p_attempts THEN
        -- Left by another change than this one.
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT park_release_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- Hands a release to an operator. The claim stays taken.
-- Outcomes: applied, stale; both with the number.
CREATE FUNCTION trunkline.refer_release_1(
    p_number uuid, p_from text[], p_lease bigint, p_reason text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    SELECT guard.status, guard.release_lease AS lease, guard.release_leased_until IS NOT NULL AS is_leased,
           guard.updated_at
    INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'applied';
    IF v_number.status = ANY (p_from) AND v_number.lease = p_lease AND v_number.is_leased THEN
        UPDATE business_numbers
        SET status = 'review', review_reason = p_reason, release_leased_until = NULL, release_next_attempt_at = NULL,
            version = version + 1, updated_at = p_at
        WHERE id = p_number;
        PERFORM tell_1(p_events, p_audit);
    ELSIF v_number.is_leased OR (v_number.status, v_number.lease, v_number.updated_at) <> ('review', p_lease, p_at) THEN
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT refer_release_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;
