-- Post, hold, capture, void: the only statements that move money.
--
-- The wallet's row comes first and is locked by it; the journal's row is written from what that left. Amounts come
-- from the caller or from the hold, never from a sum made here.

CREATE FUNCTION trunkline.ensure_account_1(
    p_id uuid, p_kind text, p_user text, p_currency text, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO account (id, kind, user_id, currency, created_at)
    VALUES (p_id, p_kind, p_user, p_currency, p_at)
    -- Of any kind: who makes the same account at the same moment may be noticed by another index than the id's.
    ON CONFLICT DO NOTHING;
END
$$;

-- Reserves money of a wallet. Null when it is reserved; else what is available, which is less.
CREATE FUNCTION trunkline.place_hold_1(
    p_hold uuid, p_wallet uuid, p_revenue uuid, p_amount numeric, p_currency text, p_order uuid, p_description text,
    p_at timestamptz
) RETURNS numeric
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_available numeric;
    v_after record;
BEGIN
    SELECT wallet.posted - wallet.held INTO v_available FROM account wallet
    WHERE wallet.id = p_wallet AND wallet.kind = 'wallet'
    FOR NO KEY UPDATE;
    IF NOT FOUND OR v_available < p_amount THEN
        RETURN COALESCE(v_available, 0);
    END IF;
    UPDATE account SET held = held + p_amount, version = version + 1, updated_at = p_at
    WHERE id = p_wallet
    RETURNING posted, held, version INTO v_after;
    PERFORM ensure_account_1(p_revenue, 'revenue', NULL, p_currency, p_at);
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, order_id, description, wallet_id,
                          wallet_version, posted_after, held_after, created_at)
    VALUES (p_hold, 'hold', p_wallet, p_revenue, p_amount, p_currency, p_order, p_description, p_wallet,
            v_after.version, v_after.posted, v_after.held, p_at);
    RETURN NULL;
END
$$;

-- Ends an order's open hold: a capture takes what it reserved, a void gives it back. That the hold is open and the
-- order's own follows from the order's state, so anything else is a fault.
CREATE FUNCTION trunkline.resolve_hold_1(
    p_hold uuid, p_order uuid, p_kind text, p_transfer uuid, p_number uuid, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_hold record;
    v_after record;
BEGIN
    SELECT hold.wallet_id, hold.debit_account, hold.credit_account, hold.amount, hold.currency, hold.description
    INTO v_hold
    FROM transfer hold
    WHERE hold.id = p_hold AND hold.kind = 'hold' AND hold.order_id = p_order
      AND NOT EXISTS (SELECT 1 FROM transfer ended WHERE ended.pending_id = hold.id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'hold % is not an open hold of order %', p_hold, p_order;
    END IF;
    UPDATE account
    SET posted = posted - CASE p_kind WHEN 'capture' THEN v_hold.amount ELSE 0 END,
        held = held - v_hold.amount, version = version + 1, updated_at = p_at
    WHERE id = v_hold.wallet_id AND kind = 'wallet'
    RETURNING posted, held, version INTO STRICT v_after;
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, pending_id, order_id, number_id,
                          description, wallet_id, wallet_version, posted_after, held_after, created_at)
    VALUES (p_transfer, p_kind, v_hold.debit_account, v_hold.credit_account, v_hold.amount, v_hold.currency, p_hold,
            p_order, p_number, v_hold.description, v_hold.wallet_id, v_after.version, v_after.posted, v_after.held,
            p_at);
END
$$;

-- Money from the operator into a wallet, once per transfer and once per idempotency key.
-- Outcomes: posted, repeated (with the balance that the first time led to), key_reused, too_large.
CREATE FUNCTION trunkline.credit_wallet_1(
    p_transfer uuid, p_user text, p_wallet uuid, p_funding uuid, p_amount numeric, p_currency text, p_description text,
    p_at timestamptz, p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, transfer_id uuid, posted numeric, held numeric, currency text, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_known record;
    v_after record;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_transfer);
    transfer_id := p_transfer;
    outcome := 'repeated';
    IF NOT EXISTS (SELECT 1 FROM transfer before WHERE before.id = p_transfer) THEN
        SELECT known.outcome, known.subject INTO v_known FROM known_request_1(p_request, p_now) known;
        IF FOUND THEN
            transfer_id := v_known.subject;
            outcome := CASE v_known.outcome WHEN 'other_command' THEN 'key_reused' ELSE 'repeated' END;
        ELSE
            PERFORM ensure_account_1(p_funding, 'funding', NULL, p_currency, p_at);
            PERFORM ensure_account_1(p_wallet, 'wallet', p_user, p_currency, p_at);
            UPDATE account wallet
            SET posted = wallet.posted + p_amount, version = wallet.version + 1, updated_at = p_at
            WHERE wallet.id = p_wallet AND wallet.kind = 'wallet' AND wallet.posted + p_amount <= 9223372036854.775807
            RETURNING wallet.posted, wallet.held, wallet.version INTO v_after;
            outcome := CASE WHEN FOUND THEN 'posted' ELSE 'too_large' END;
        END IF;
    END IF;
    IF outcome = 'posted' THEN
        INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                              wallet_version, posted_after, held_after, created_at)
        VALUES (p_transfer, 'post', p_funding, p_wallet, p_amount, p_currency, p_description, p_wallet,
                v_after.version, v_after.posted, v_after.held, p_at);
        PERFORM keep_request_1(p_request, p_transfer, to_jsonb(p_transfer), p_now);
        PERFORM tell_1(p_events, p_audit);
    END IF;
    IF outcome IN ('key_reused', 'too_large') THEN
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT credit_wallet_1.outcome, made.id, made.posted_after::numeric, made.held_after::numeric, made.currency,
           made.created_at
    FROM transfer made WHERE made.id = transfer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'credit % is not in the journal', transfer_id;
    END IF;
END
$$;
