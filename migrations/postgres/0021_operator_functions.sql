-- What an operator decides about numbers: taking one into our books, writing one off, ending a review.

-- Takes a number that the account holds into our books: order, claim, hold, capture and number row together, or nothing
-- of it. A claim that is cooling is taken over, whichever failed order left it. The order's times are made here.
-- Outcomes: adopted (now, or by this very change before), known (a row has this id at the provider), both with the
-- number; order_exists; claimed_ordering, claimed_owned, claimed_orphan, with the order that has the claim;
-- insufficient_balance, with what is available.
CREATE FUNCTION trunkline.adopt_number_1(
    p_order trunkline.orders, p_number trunkline.business_numbers, p_revenue uuid, p_description text,
    p_capture uuid, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, claimed_by uuid, available numeric, number_row trunkline.business_numbers
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
    v_claim text;
    v_is_new boolean := FALSE;
BEGIN
    -- One at a time adopts a number, so what the first one made is there to be seen by the second.
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline adoption ' || p_number.twilio_sid, 0));
    RETURN QUERY
    SELECT CASE WHEN known.id = p_number.id THEN 'adopted' ELSE 'known' END, NULL::uuid, NULL::numeric, known
    FROM business_numbers known WHERE known.twilio_sid = p_number.twilio_sid;
    IF FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM orders before WHERE before.id = p_order.id) THEN
        outcome := 'order_exists';
        RETURN NEXT;
        RETURN;
    END IF;
    LOOP
        INSERT INTO number_claim (phone_number, order_id, state)
        VALUES (p_order.phone_number, p_order.id, 'owned')
        ON CONFLICT (phone_number) DO NOTHING;
        v_is_new := FOUND;
        EXIT WHEN v_is_new;
        SELECT claim.state, claim.order_id INTO v_claim, claimed_by FROM number_claim claim
        WHERE claim.phone_number = p_order.phone_number
        FOR UPDATE;
        -- Freed between the two statements, if there is none.
        EXIT WHEN FOUND;
    END LOOP;
    IF NOT v_is_new AND v_claim <> 'cooling' THEN
        outcome := 'claimed_' || v_claim;
        RETURN NEXT;
        RETURN;
    END IF;
    v_now := lease_time_1(p_now);
    available := place_hold_1(
        p_order.hold_id, p_order.wallet_id, p_revenue, p_order.charge, p_order.currency, p_order.id, p_description,
        v_now
    );
    IF available IS NOT NULL THEN
        DELETE FROM number_claim WHERE order_id = p_order.id;
        outcome := 'insufficient_balance';
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                        monthly_cost, currency, twilio_account_sid, wallet_id, hold_id, state, twilio_sid, number_id,
                        send_by, lease, opened_at, updated_at)
    VALUES (p_order.id, p_order.user_id, p_order.business_id, p_order.phone_number, p_order.display_name,
            p_order.country_code, p_order.number_type, p_order.charge, p_order.monthly_cost, p_order.currency,
            p_order.twilio_account_sid, p_order.wallet_id, p_order.hold_id, p_order.state, p_order.twilio_sid,
            p_order.number_id, v_now, 1, v_now, v_now);
    IF NOT v_is_new THEN
        UPDATE number_claim SET order_id = p_order.id, state = 'owned', cooling_since = NULL
        WHERE phone_number = p_order.phone_number;
    END IF;
    INSERT INTO business_numbers (
        id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary, is_active,
        provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid, twilio_account_sid, voice_url,
        sms_url, status_callback_url, order_id, review_reason, version, created_at, updated_at
    ) VALUES (
        p_number.id, p_number.user_id, p_number.business_id, p_number.phone_number, p_number.display_name,
        p_number.country_code, p_number.number_type, p_number.status, p_number.is_primary, p_number.is_active,
        p_number.provider, p_number.purchase_date, p_number.monthly_cost, p_number.currency, p_number.capabilities,
        p_number.notes, p_number.twilio_sid, p_number.twilio_account_sid, p_number.voice_url, p_number.sms_url,
        p_number.status_callback_url, p_number.order_id, p_number.review_reason, p_number.version, p_number.created_at,
        p_number.updated_at
    );
    PERFORM resolve_hold_1(p_order.hold_id, p_order.id, 'capture', p_capture, p_number.id, v_now);
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'adopted', NULL::uuid, NULL::numeric, made FROM business_numbers made WHERE made.id = p_number.id;
END
$$;

-- A live number is gone at the provider: released, primary no more, its claim freed, and whoever works on its release
-- has lost its say. Needs no lease, because it carries evidence. One that is released already stays as it is.
-- Outcomes: applied, with the number.
CREATE FUNCTION trunkline.write_off_number_1(
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
    IF v_number.status = ANY (p_from) THEN
        UPDATE business_numbers
        SET status = 'released', is_primary = FALSE, review_reason = NULL, release_leased_until = NULL,
            release_next_attempt_at = NULL, version = version + 1, updated_at = p_at
        WHERE id = p_number;
        DELETE FROM number_claim WHERE order_id = v_number.order_id AND state = 'owned';
        PERFORM end_request_1('release', p_number, p_end, p_now);
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY SELECT 'applied', after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- The release of a number under review is tried again, with no attempts counted.
-- Outcomes: resumed (now, or by this very change before, with the lease it got then), stale; both with the number.
CREATE FUNCTION trunkline.resume_release_1(
    p_number uuid, p_from text[], p_lease interval, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_status text;
BEGIN
    SELECT guard.status INTO v_status FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'resumed';
    IF NOT was_told_1(p_events, p_audit) THEN
        IF v_status = ANY (p_from) THEN
            UPDATE business_numbers
            SET status = 'releasing', review_reason = NULL, release_lease = release_lease + 1,
                release_opener_lease = release_lease + 1, release_leased_until = lease_time_1(p_now) + p_lease,
                release_attempts = 0, release_next_attempt_at = NULL, version = version + 1, updated_at = p_at
            WHERE id = p_number;
            PERFORM tell_1(p_events, p_audit);
        ELSE
            outcome := 'stale';
        END IF;
    END IF;
    RETURN QUERY SELECT resume_release_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- A number under review is kept: active again.
-- Outcomes: applied, stale; both with the number.
CREATE FUNCTION trunkline.keep_number_1(
    p_number uuid, p_from text[], p_end jsonb, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    SELECT guard.status, guard.updated_at INTO v_number FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number;
    END IF;
    outcome := 'applied';
    IF v_number.status = ANY (p_from) THEN
        UPDATE business_numbers
        SET status = 'active', review_reason = NULL, release_next_attempt_at = NULL, version = version + 1,
            updated_at = p_at
        WHERE id = p_number;
        PERFORM end_request_1('release', p_number, p_end, p_now);
        PERFORM tell_1(p_events, p_audit);
    ELSIF (v_number.status, v_number.updated_at) <> ('active', p_at) THEN
        -- Not this very change, applied before.
        outcome := 'stale';
    END IF;
    RETURN QUERY SELECT keep_number_1.outcome, after FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- The release of an orphan under review is tried again, with no attempts counted: only if nobody has worked on it since
-- `p_after` was its token, and only where this database still knows that the number is nobody's.
-- Outcomes: resumed (now, or by this very change before and nobody has taken it over since), with the lease;
-- unknown_order, order_not_failed, number_exists, in_progress.
CREATE FUNCTION trunkline.resume_orphan_1(
    p_number_sid text, p_after bigint, p_lease interval, p_at timestamptz, p_events jsonb, p_audit jsonb,
    p_now timestamptz
) RETURNS TABLE (outcome text, lease bigint)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_orphan record;
    v_order text;
    v_status text;
BEGIN
    SELECT guard.state, guard.lease, guard.leased_until IS NOT NULL AS is_leased, guard.updated_at, guard.order_id
    INTO v_orphan
    FROM orphan_release guard WHERE guard.twilio_sid = p_number_sid
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'in_progress';
        RETURN NEXT;
        RETURN;
    END IF;
    outcome := 'resumed';
    lease := p_after + 1;
    IF v_orphan.is_leased AND (v_orphan.state, v_orphan.lease, v_orphan.updated_at) = ('releasing', p_after + 1, p_at) THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT marked.state INTO v_order FROM orders marked WHERE marked.id = v_orphan.order_id;
    SELECT known.status INTO v_status FROM business_numbers known WHERE known.twilio_sid = p_number_sid;
    outcome := CASE
        WHEN v_order IS NULL THEN 'unknown_order'
        -- Given back before, and still there.
        WHEN v_status <> 'released' THEN 'number_exists'
        WHEN v_status IS NULL AND v_order <> 'failed' THEN 'order_not_failed'
        WHEN (v_orphan.state, v_orphan.lease) <> ('review', p_after) THEN 'in_progress'
        ELSE 'resumed'
    END;
    IF outcome = 'resumed' THEN
        UPDATE orphan_release resumed
        SET state = 'releasing', review_reason = NULL, lease = p_after + 1, leased_until = lease_time_1(p_now) + p_lease,
            attempts = 0, next_attempt_at = NULL, updated_at = p_at
        WHERE resumed.twilio_sid = p_number_sid;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN NEXT;
END
$$;
