-- Changing and recording numbers, apart from buying and releasing them.

-- Stores what a customer may change of a number, if nobody changed it since; `p_from` lists the statuses that accept
-- changes. A number that becomes primary takes that from its business's other one.
-- Outcomes: updated (with the number), busy, stale.
CREATE FUNCTION trunkline.update_number_1(
    p_number trunkline.business_numbers, p_from text[], p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
BEGIN
    IF p_number.is_primary THEN
        -- One at a time makes a number of this business primary, so who was it before is known from here on.
        PERFORM pg_advisory_xact_lock(hashtextextended('trunkline primary ' || p_number.business_id, 0));
        PERFORM 1 FROM business_numbers concerned
        WHERE concerned.id = p_number.id OR (concerned.business_id = p_number.business_id AND concerned.is_primary)
        ORDER BY concerned.id
        FOR NO KEY UPDATE;
    END IF;
    SELECT guard.status, guard.version INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number.id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no number %', p_number.id;
    END IF;
    outcome := CASE
        WHEN v_number.status <> ALL (p_from) THEN 'busy'
        WHEN v_number.version <> p_number.version THEN 'stale'
        ELSE 'updated'
    END;
    IF outcome <> 'updated' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF p_number.is_primary THEN
        UPDATE business_numbers SET is_primary = FALSE, version = version + 1, updated_at = p_number.updated_at
        WHERE business_id = p_number.business_id AND is_primary AND id <> p_number.id;
    END IF;
    UPDATE business_numbers
    SET display_name = p_number.display_name, business_id = p_number.business_id, is_primary = p_number.is_primary,
        is_active = p_number.is_active, notes = p_number.notes, voice_url = p_number.voice_url,
        sms_url = p_number.sms_url, status_callback_url = p_number.status_callback_url, version = version + 1,
        updated_at = p_number.updated_at
    WHERE id = p_number.id;
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'updated', after FROM business_numbers after WHERE after.id = p_number.id;
END
$$;

-- Records a number that lives elsewhere: no claim, no charge, no calls to the provider.
-- Outcomes: recorded, exists (the user's live number of the same phone number, bought or recorded); both with it.
CREATE FUNCTION trunkline.record_number_1(
    p_number trunkline.business_numbers, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM wait_for_turn_1(NULL, p_number.id);
    LOOP
        RETURN QUERY
        SELECT CASE WHEN known.id = p_number.id THEN 'recorded' ELSE 'exists' END, known FROM business_numbers known
        WHERE known.id = p_number.id
           OR (known.user_id = p_number.user_id AND known.phone_number = p_number.phone_number
               AND known.status <> 'released')
        ORDER BY known.id = p_number.id DESC LIMIT 1;
        IF FOUND THEN
            RETURN;
        END IF;
        INSERT INTO business_numbers (
            id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary,
            is_active, provider, purchase_date, monthly_cost, currency, capabilities, notes, voice_url, sms_url,
            status_callback_url, review_reason, version, created_at, updated_at
        ) VALUES (
            p_number.id, p_number.user_id, p_number.business_id, p_number.phone_number, p_number.display_name,
            p_number.country_code, p_number.number_type, p_number.status, p_number.is_primary, p_number.is_active,
            p_number.provider, p_number.purchase_date, p_number.monthly_cost, p_number.currency, p_number.capabilities,
            p_number.notes, p_number.voice_url, p_number.sms_url, p_number.status_callback_url, p_number.review_reason,
            p_number.version, p_number.created_at, p_number.updated_at
        ) ON CONFLICT (user_id, phone_number) WHERE twilio_sid IS NULL AND status <> 'released' DO NOTHING;
        EXIT WHEN FOUND;
        -- Recorded by somebody between the two statements, and there to be seen now.
    END LOOP;
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'recorded', made FROM business_numbers made WHERE made.id = p_number.id;
END
$$;
