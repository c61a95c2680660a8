-- Putting the row of a number back that its order has paid for.

-- Puts the row back of a number whose order is completed and charged, and which no row has any more: row and claim
-- together, or nothing of it; no money is moved. The claim may be the order's own, cooling, or nobody's.
-- Outcomes: restored (now, or by this very change before), known (another row has the number's id, its id at the provider
-- or its order), both with the number; not_charged; claimed_ordering, claimed_owned, claimed_orphan, with the order that
-- has the claim.
CREATE FUNCTION trunkline.restore_number_1(
    p_number trunkline.business_numbers, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, claimed_by uuid, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_hold uuid;
    v_claim text;
    v_is_new boolean := FALSE;
BEGIN
    -- One at a time adopts a number or puts it back, so what the first one made is there to be seen by the second.
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline adoption ' || p_number.twilio_sid, 0));
    RETURN QUERY
    SELECT CASE WHEN (known.id, known.twilio_sid) = (p_number.id, p_number.twilio_sid) THEN 'restored' ELSE 'known' END,
           NULL::uuid, known
    FROM business_numbers known
    WHERE known.twilio_sid = p_number.twilio_sid OR known.id = p_number.id OR known.order_id = p_number.order_id
    ORDER BY known.created_at, known.id LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT paid.hold_id INTO v_hold FROM orders paid
    WHERE paid.id = p_number.order_id AND paid.state = 'completed'
      AND (paid.number_id, paid.twilio_sid, paid.twilio_account_sid, paid.user_id, paid.phone_number)
          = (p_number.id, p_number.twilio_sid, p_number.twilio_account_sid, p_number.user_id, p_number.phone_number);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the order % did not buy number %', p_number.order_id, p_number.twilio_sid;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM transfer paid WHERE paid.pending_id = v_hold AND paid.kind = 'capture') THEN
        outcome := 'not_charged';
        RETURN NEXT;
        RETURN;
    END IF;
    LOOP
        INSERT INTO number_claim (phone_number, order_id, state)
        VALUES (p_number.phone_number, p_number.order_id, 'owned')
        ON CONFLICT (phone_number) DO NOTHING;
        v_is_new := FOUND;
        EXIT WHEN v_is_new;
        SELECT claim.state, claim.order_id INTO v_claim, claimed_by FROM number_claim claim
        WHERE claim.phone_number = p_number.phone_number
        FOR UPDATE;
        -- Freed between the two statements, if there is none.
        EXIT WHEN FOUND;
    END LOOP;
    IF NOT v_is_new THEN
        IF v_claim = 'cooling' THEN
            UPDATE number_claim SET order_id = p_number.order_id, state = 'owned', cooling_since = NULL
            WHERE phone_number = p_number.phone_number;
        ELSIF (v_claim, claimed_by) <> ('owned', p_number.order_id) THEN
            outcome := 'claimed_' || v_claim;
            RETURN NEXT;
            RETURN;
        END IF;
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
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'restored', NULL::uuid, made FROM business_numbers made WHERE made.id = p_number.id;
END
$$;
