-- The switch of sales, and the opening of an order that minds it.
--
-- The locks come between the turn of a request and everything else: first that of the switch, which openings share and a
-- switch takes alone, so that nothing opens after the commit of a stop that was read before it; then that of the day,
-- which an opening takes alone where purchases per day are limited, so that none is counted that another does not see.

CREATE FUNCTION trunkline.switch_sales_alone_1() RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline sales', 0));
END
$$;

-- Why nothing is sold now; null where everything is. `p_daily_cap` is null for no limit.
CREATE FUNCTION trunkline.sales_paused_1(p_daily_cap bigint, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_sales record;
    v_midnight timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('trunkline sales', 0));
    SELECT switch.stopped_at, switch.paused_at INTO v_sales FROM sales switch;
    IF v_sales.stopped_at IS NOT NULL THEN
        RETURN to_jsonb('operator_stop'::text);
    END IF;
    IF v_sales.paused_at IS NOT NULL THEN
        RETURN to_jsonb('low_balance'::text);
    END IF;
    IF p_daily_cap IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline purchases per day', 0));
    v_midnight := date_trunc('day', lease_time_1(p_now), 'UTC');
    IF (
        SELECT count(*) FROM (
            SELECT FROM orders counted
            WHERE counted.opened_at >= v_midnight AND counted.state <> 'failed'
            LIMIT p_daily_cap
        ) AS today
    ) < p_daily_cap THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_build_object('daily_cap', jsonb_build_object('cap', p_daily_cap));
END
$$;

-- TX1 of a purchase, as `open_purchase_1`; and refused, with nothing kept under the request's key, while nothing is sold.
-- Outcomes: opened; refused, and ended (an answer of before), both with the end as the client hears it; open, with its
-- subject; other_command.
CREATE FUNCTION trunkline.open_purchase_2(
    p_order trunkline.orders, p_revenue uuid, p_description text, p_lease interval, p_send_window interval,
    p_daily_cap bigint, p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
    v_paused jsonb;
    v_refusal jsonb;
    v_available numeric;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_order.id);
    RETURN QUERY SELECT 'opened', before.id, NULL::jsonb, before FROM orders before WHERE before.id = p_order.id;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT known.outcome, known.subject, known.document, NULL::orders FROM known_request_1(p_request, p_now) known;
    IF FOUND THEN
        RETURN;
    END IF;
    v_paused := sales_paused_1(p_daily_cap, p_now);
    IF v_paused IS NOT NULL THEN
        document := jsonb_build_object('end', 'refused', 'refusal', 'sales_paused', 'why', v_paused);
        outcome := 'refused';
        RETURN NEXT;
        RETURN;
    END IF;
    LOOP
        INSERT INTO number_claim (phone_number, order_id, state)
        VALUES (p_order.phone_number, p_order.id, 'ordering')
        ON CONFLICT (phone_number) DO NOTHING;
        EXIT WHEN FOUND;
        v_refusal := claim_refusal_1(p_order.phone_number, p_order.user_id);
        -- Freed between the two statements, if there is none.
        EXIT WHEN v_refusal IS NOT NULL;
    END LOOP;
    v_now := lease_time_1(p_now);
    IF v_refusal IS NULL THEN
        v_available := place_hold_1(
            p_order.hold_id, p_order.wallet_id, p_revenue, p_order.charge, p_order.currency, p_order.id, p_description,
            v_now
        );
        IF v_available IS NOT NULL THEN
            DELETE FROM number_claim WHERE order_id = p_order.id;
            v_refusal := jsonb_build_object(
                'refusal', 'insufficient_balance',
                'required', jsonb_build_object('amount', p_order.charge::text, 'currency', p_order.currency),
                'available', jsonb_build_object('amount', v_available::text, 'currency', p_order.currency)
            );
        END IF;
    END IF;
    IF v_refusal IS NOT NULL THEN
        document := jsonb_build_object('end', 'refused') || v_refusal;
        outcome := 'refused';
        PERFORM keep_request_1(p_request, p_order.id, document, p_now);
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO orders (id, user_id, business_id, phone_number, display_name, country_code, number_type, charge,
                        monthly_cost, currency, twilio_account_sid, wallet_id, hold_id, state, send_by, lease,
                        leased_until, opened_at, updated_at)
    VALUES (p_order.id, p_order.user_id, p_order.business_id, p_order.phone_number, p_order.display_name,
            p_order.country_code, p_order.number_type, p_order.charge, p_order.monthly_cost, p_order.currency,
            p_order.twilio_account_sid, p_order.wallet_id, p_order.hold_id, 'ordering', v_now + p_send_window, 1,
            v_now + p_lease, v_now, v_now);
    PERFORM keep_request_1(p_request, p_order.id, NULL, p_now);
    PERFORM tell_1(p_events, p_audit);
    RETURN QUERY SELECT 'opened', made.id, NULL::jsonb, made FROM orders made WHERE made.id = p_order.id;
END
$$;

-- An operator's stop.
-- Outcomes: stopped, now or by this very change before; stopped_before, by another one, which stays.
CREATE FUNCTION trunkline.stop_sales_1(
    p_by jsonb, p_reason text, p_at timestamptz, p_events jsonb, p_audit jsonb
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM switch_sales_alone_1();
    IF was_told_1(p_events, p_audit) THEN
        RETURN 'stopped';
    END IF;
    UPDATE sales SET stopped_at = p_at, stopped_by = p_by, stop_reason = p_reason WHERE stopped_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'stopped_before';
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN 'stopped';
END
$$;

-- The end of an operator's stop.
-- Outcomes: started, now or by this very change before; not_stopped.
CREATE FUNCTION trunkline.start_sales_1(p_events jsonb, p_audit jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM switch_sales_alone_1();
    IF was_told_1(p_events, p_audit) THEN
        RETURN 'started';
    END IF;
    UPDATE sales SET stopped_at = NULL, stopped_by = NULL, stop_reason = NULL WHERE stopped_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN 'not_stopped';
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN 'started';
END
$$;

-- A pause for want of money, with its figures; or the end of one, where they are null.
-- Outcomes: paused, resumed, now or by this very change before; as_before.
CREATE FUNCTION trunkline.note_runway_1(
    p_balance numeric, p_coming_fees numeric, p_floor numeric, p_currency text, p_at timestamptz, p_events jsonb,
    p_audit jsonb
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_is_low boolean := p_balance IS NOT NULL;
    v_done text := CASE WHEN p_balance IS NOT NULL THEN 'paused' ELSE 'resumed' END;
BEGIN
    PERFORM switch_sales_alone_1();
    IF was_told_1(p_events, p_audit) THEN
        RETURN v_done;
    END IF;
    UPDATE sales
    SET paused_at = CASE WHEN v_is_low THEN p_at END, balance = p_balance, coming_fees = p_coming_fees,
        floor = p_floor, currency = p_currency
    WHERE (paused_at IS NOT NULL) <> v_is_low;
    IF NOT FOUND THEN
        RETURN 'as_before';
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN v_done;
END
$$;
