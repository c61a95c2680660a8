-- A debt is paid first, whatever raises what is available in its wallet: a credit, a hold that is given back, a dispute
-- that was won. The wallet's row itself calls for it, so it is so for every transition and for servers of every release.

-- Ids of the two rows by which a wallet pays, after the transfer that left it at this version.
CREATE FUNCTION trunkline.debt_payment_1(p_wallet uuid, p_version bigint, p_side text) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = trunkline, pg_temp AS $$
    SELECT md5('paid towards a debt' || p_wallet::text || ' ' || p_version::text || ' ' || p_side)::uuid
$$;

CREATE FUNCTION trunkline.pay_debt_1() RETURNS trigger
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_debt record;
    v_paid numeric;
    v_after record;
    v_owed record;
    v_clearing uuid;
BEGIN
    SELECT debt.id, debt.posted INTO v_debt FROM account debt
    WHERE debt.user_id = NEW.user_id AND debt.currency = NEW.currency AND debt.kind = 'debt' AND debt.posted > 0
    FOR NO KEY UPDATE;
    IF NOT FOUND OR NEW.posted <= NEW.held THEN
        RETURN NULL;
    END IF;
    v_paid := least(v_debt.posted, NEW.posted - NEW.held);
    -- What is available falls, so this calls for nothing more.
    UPDATE account wallet SET posted = wallet.posted - v_paid, version = wallet.version + 1
    WHERE wallet.id = NEW.id
    RETURNING wallet.posted, wallet.held, wallet.version INTO STRICT v_after;
    UPDATE account debt SET posted = debt.posted - v_paid, version = debt.version + 1, updated_at = NEW.updated_at
    WHERE debt.id = v_debt.id
    RETURNING debt.posted, debt.held, debt.version INTO STRICT v_owed;
    SELECT clearing.id INTO STRICT v_clearing FROM account clearing
    WHERE clearing.kind = 'clearing' AND clearing.currency = NEW.currency;
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                          wallet_version, posted_after, held_after, created_at)
    VALUES (debt_payment_1(NEW.id, NEW.version, 'wallet'), 'post', NEW.id, v_clearing, v_paid, NEW.currency,
            'Paid towards what is owed', NEW.id, v_after.version, v_after.posted, v_after.held, NEW.updated_at),
           (debt_payment_1(NEW.id, NEW.version, 'debt'), 'post', v_clearing, v_debt.id, v_paid, NEW.currency,
            'Paid towards what is owed', v_debt.id, v_owed.version, v_owed.posted, v_owed.held, NEW.updated_at);
    RETURN NULL;
END
$$;

CREATE TRIGGER debt_is_paid_first AFTER UPDATE ON trunkline.account
    FOR EACH ROW
    WHEN (NEW.kind = 'wallet' AND NEW.posted - NEW.held > OLD.posted - OLD.held)
    EXECUTE FUNCTION trunkline.pay_debt_1();

-- The balance that a transfer led to: after what was paid of a debt by the way.
CREATE FUNCTION trunkline.balance_after_1(p_transfer uuid, OUT posted numeric, OUT held numeric)
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT COALESCE(paid.posted_after, made.posted_after), COALESCE(paid.held_after, made.held_after)
    FROM transfer made
    LEFT JOIN transfer paid ON paid.id = debt_payment_1(made.wallet_id, made.wallet_version, 'wallet')
    WHERE made.id = p_transfer
$$;

-- As `adjust_wallet_2`, with the balance after what was paid of a debt.
CREATE FUNCTION trunkline.adjust_wallet_3(
    p_transfer uuid, p_user text, p_wallet uuid, p_funding uuid, p_direction text, p_amount numeric, p_currency text,
    p_description text, p_at timestamptz, p_above numeric, p_operator text, p_window interval, p_request jsonb,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, transfer_id uuid, posted numeric, held numeric, currency text, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    SELECT answer.* INTO outcome, transfer_id, posted, held, currency, updated_at
    FROM adjust_wallet_2(
        p_transfer, p_user, p_wallet, p_funding, p_direction, p_amount, p_currency, p_description, p_at, p_above,
        p_operator, p_window, p_request, p_events, p_audit, p_now
    ) answer;
    IF outcome IN ('posted', 'repeated') THEN
        SELECT after.posted, after.held INTO posted, held FROM balance_after_1(transfer_id) after;
    END IF;
    RETURN NEXT;
END
$$;

-- As `approve_1`, with the balance after what was paid of a debt.
CREATE FUNCTION trunkline.approve_2(
    p_id uuid, p_wallet uuid, p_funding uuid, p_operator text, p_by jsonb, p_reason text, p_at timestamptz,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, posted numeric, held numeric, updated_at timestamptz, approval_row trunkline.approval
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_answer record;
BEGIN
    SELECT answer.* INTO v_answer
    FROM approve_1(p_id, p_wallet, p_funding, p_operator, p_by, p_reason, p_at, p_events, p_audit, p_now) answer;
    outcome := v_answer.outcome;
    posted := v_answer.posted;
    held := v_answer.held;
    updated_at := v_answer.updated_at;
    approval_row := v_answer.approval_row;
    IF outcome IN ('approved', 'approved_before') THEN
        SELECT after.posted, after.held INTO posted, held FROM balance_after_1(p_id) after;
    END IF;
    RETURN NEXT;
END
$$;

-- What a user owes in a currency.
CREATE FUNCTION trunkline.debt_of_1(p_user text, p_currency text) RETURNS numeric
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT COALESCE((
        SELECT debt.posted FROM account debt
        WHERE debt.user_id = p_user AND debt.currency = p_currency AND debt.kind = 'debt'
    ), 0)
$$;

-- TX1 of a purchase, as `open_purchase_3`; where too little is available because something is owed, the refusal says so.
-- While anything is owed nothing is available, so nothing is opened either way.
CREATE FUNCTION trunkline.open_purchase_4(
    p_order trunkline.orders, p_revenue uuid, p_description text, p_lease interval, p_send_window interval,
    p_daily_cap bigint, p_limits jsonb, p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, order_row trunkline.orders)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_now timestamptz;
    v_paused jsonb;
    v_refusal jsonb;
    v_available numeric;
    v_debt numeric;
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
        document := limit_reached_1(p_order, p_limits, v_now);
        IF document IS NOT NULL THEN
            DELETE FROM number_claim WHERE order_id = p_order.id;
            outcome := 'limited';
            RETURN NEXT;
            RETURN;
        END IF;
        v_available := place_hold_1(
            p_order.hold_id, p_order.wallet_id, p_revenue, p_order.charge, p_order.currency, p_order.id, p_description,
            v_now
        );
        IF v_available IS NOT NULL THEN
            DELETE FROM number_claim WHERE order_id = p_order.id;
            v_debt := debt_of_1(p_order.user_id, p_order.currency);
            v_refusal := CASE WHEN v_debt > 0 THEN jsonb_build_object(
                'refusal', 'wallet_in_debt',
                'debt', jsonb_build_object('amount', v_debt::text, 'currency', p_order.currency)
            ) ELSE jsonb_build_object(
                'refusal', 'insufficient_balance',
                'required', jsonb_build_object('amount', p_order.charge::text, 'currency', p_order.currency),
                'available', jsonb_build_object('amount', v_available::text, 'currency', p_order.currency)
            ) END;
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
