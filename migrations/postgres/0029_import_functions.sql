-- Adds a user of another system with what is theirs: what is there under its own id stays as it is, and everything else
-- is added. Balances are paid out of the account of opening balances, each once per transfer; orders charge nothing.
-- `p_numbers` is a list of {"order", "number"}, whose order is null for the record of a number elsewhere.
-- Outcomes: stands (all of it, added now or before), in_the_way, with what is; then nothing of it is stored.
CREATE FUNCTION trunkline.import_user_1(
    p_user text, p_email text, p_created_at timestamptz, p_businesses jsonb, p_numbers jsonb, p_openings jsonb,
    p_lines jsonb, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_item jsonb;
    v_business businesses;
    v_order orders;
    v_number business_numbers;
    v_known record;
    v_after record;
    v_rows bigint;
    v_added bigint := 0;
BEGIN
    -- One at a time imports a user, so what the first one made is there to be seen by the second.
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline import ' || p_user, 0));
    outcome := 'stands';
    -- A block of its own, so that whatever is in the way undoes what was stored before it was met.
    BEGIN
        INSERT INTO users (id, email, created_at) VALUES (p_user, p_email, p_created_at) ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        v_added := v_added + v_rows;

        FOR v_item IN SELECT item FROM jsonb_array_elements(p_businesses) AS item LOOP
            v_business := jsonb_populate_record(NULL::businesses, v_item);
            INSERT INTO businesses (id, user_id, name, time_zone, created_at, updated_at)
            VALUES (v_business.id, v_business.user_id, v_business.name, v_business.time_zone, v_business.created_at,
                    v_business.updated_at)
            ON CONFLICT DO NOTHING;
            IF FOUND THEN
                v_added := v_added + 1;
            ELSE
                SELECT known.user_id INTO v_known FROM businesses known WHERE known.id = v_business.id;
                IF v_known.user_id IS DISTINCT FROM v_business.user_id THEN
                    RAISE SQLSTATE 'TL001' USING MESSAGE = format('business %s is %s''s', v_business.id, v_known.user_id);
                END IF;
            END IF;
        END LOOP;

        FOR v_item IN SELECT item FROM jsonb_array_elements(p_numbers) AS item LOOP
            v_number := jsonb_populate_record(NULL::business_numbers, v_item->'number');
            SELECT known.user_id, known.phone_number INTO v_known FROM business_numbers known WHERE known.id = v_number.id;
            IF FOUND THEN
                IF (v_known.user_id, v_known.phone_number) IS DISTINCT FROM (v_number.user_id, v_number.phone_number) THEN
                    RAISE SQLSTATE 'TL001' USING MESSAGE = format('number %s is another', v_number.id);
                END IF;
                CONTINUE;
            END IF;
            IF v_item->'order' <> 'null' THEN
                v_order := jsonb_populate_record(NULL::orders, v_item->'order');
                INSERT INTO number_claim AS claim (phone_number, order_id, state)
                VALUES (v_order.phone_number, v_order.id, 'owned')
                ON CONFLICT (phone_number) DO UPDATE
                    SET order_id = excluded.order_id, state = 'owned', cooling_since = NULL
                    WHERE claim.state = 'cooling';
                IF NOT FOUND THEN
                    RAISE SQLSTATE 'TL001' USING MESSAGE = format('somebody deals with %s here', v_order.phone_number);
                END IF;
                PERFORM ensure_account_1(v_order.wallet_id, 'wallet', p_user, v_order.currency, p_at);
                INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type,
                                    charge, monthly_cost, currency, twilio_account_sid, wallet_id, state, twilio_sid,
                                    number_id, send_by, lease, opened_at, updated_at)
                VALUES (v_order.id, v_order.user_id, v_order.business_id, v_order.phone_number, v_order.display_name,
                        v_order.country_code, v_order.number_type, v_order.charge, v_order.monthly_cost,
                        v_order.currency, v_order.twilio_account_sid, v_order.wallet_id, v_order.state,
                        v_order.twilio_sid, v_order.number_id, v_order.opened_at, 1, v_order.opened_at,
                        v_order.updated_at);
            END IF;
            INSERT INTO business_numbers (
                id, user_id, business_id, phone_number, display_name, country_code, number_type, status, is_primary,
                is_active, provider, purchase_date, monthly_cost, currency, capabilities, notes, twilio_sid,
                twilio_account_sid, voice_url, sms_url, status_callback_url, order_id, review_reason, version, created_at,
                updated_at
            ) VALUES (
                v_number.id, v_number.user_id, v_number.business_id, v_number.phone_number, v_number.display_name,
                v_number.country_code, v_number.number_type, v_number.status, v_number.is_primary, v_number.is_active,
                v_number.provider, v_number.purchase_date, v_number.monthly_cost, v_number.currency,
                v_number.capabilities, v_number.notes, v_number.twilio_sid, v_number.twilio_account_sid,
                v_number.voice_url, v_number.sms_url, v_number.status_callback_url, v_number.order_id,
                v_number.review_reason, v_number.version, v_number.created_at, v_number.updated_at
            )
            -- Its id at the provider, its business's primary, or its user's record of it is another row's.
            ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                RAISE SQLSTATE 'TL001' USING MESSAGE = format('%s cannot stand beside another number', v_number.phone_number);
            END IF;
            v_added := v_added + 1;
        END LOOP;

        -- Wallets by id, as everybody locks them.
        FOR v_item IN SELECT item FROM jsonb_array_elements(p_openings) AS item ORDER BY item->>'wallet' LOOP
            IF EXISTS (SELECT 1 FROM transfer before WHERE before.id = (v_item->>'id')::uuid) THEN
                CONTINUE;
            END IF;
            PERFORM ensure_account_1((v_item->>'opening')::uuid, 'opening', NULL, v_item->>'currency', p_at);
            PERFORM ensure_account_1((v_item->>'wallet')::uuid, 'wallet', p_user, v_item->>'currency', p_at);
            UPDATE account wallet
            SET posted = wallet.posted + (v_item->>'amount')::numeric, version = wallet.version + 1,
                updated_at = (v_item->>'at')::timestamptz
            WHERE wallet.id = (v_item->>'wallet')::uuid AND wallet.kind = 'wallet'
              AND wallet.posted + (v_item->>'amount')::numeric <= 9223372036854.775807
            RETURNING wallet.posted, wallet.held, wallet.version INTO v_after;
            IF NOT FOUND THEN
                RAISE SQLSTATE 'TL001' USING MESSAGE =
                    format('%s %s would make their wallet larger than it can be', v_item->>'amount', v_item->>'currency');
            END IF;
            INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                                  wallet_version, posted_after, held_after, created_at)
            VALUES ((v_item->>'id')::uuid, 'post', (v_item->>'opening')::uuid, (v_item->>'wallet')::uuid,
                    (v_item->>'amount')::numeric, v_item->>'currency', v_item->>'description',
                    (v_item->>'wallet')::uuid, v_after.version, v_after.posted, v_after.held,
                    (v_item->>'at')::timestamptz);
            v_added := v_added + 1;
        END LOOP;

        INSERT INTO imported_line (id, user_id, type, amount, currency, description, status, number_id, occurred_at,
                                   imported_at)
        SELECT line.id, p_user, line.type, line.amount, line.currency, line.description, line.status, line.number_id,
               line.occurred_at, lease_time_1(p_now)
        FROM jsonb_populate_recordset(NULL::imported_line, p_lines) line
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        v_added := v_added + v_rows;
    EXCEPTION WHEN SQLSTATE 'TL001' THEN
        outcome := 'in_the_way';
        subject := SQLERRM;
        v_added := 0;
    END;
    IF v_added > 0 THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN NEXT;
END
$$;
