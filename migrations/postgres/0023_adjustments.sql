-- Corrections of a wallet by an operator: a further thing that an idempotency key can stand for, and the transition.

ALTER TABLE trunkline.request DROP CONSTRAINT request_operation_check;
ALTER TABLE trunkline.request ADD CONSTRAINT request_operation_check
    CHECK (operation IN ('purchase', 'release', 'credit', 'adjustment'));

-- Money between the operator and a wallet, into it ('credit') or out of it ('debit'), once per transfer and once per
-- idempotency key. What goes out is at most what is available, so held money is never touched.
-- Outcomes: posted, repeated (with the balance that the first time led to), key_reused, too_large, insufficient (with
-- the balance as it stands; nothing is changed, and the key stays free).
CREATE FUNCTION trunkline.adjust_wallet_1(
    p_transfer uuid, p_user text, p_wallet uuid, p_funding uuid, p_direction text, p_amount numeric, p_currency text,
    p_description text, p_at timestamptz, p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, transfer_id uuid, posted numeric, held numeric, currency text, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_known record;
    v_wallet record;
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
            IF p_direction = 'credit' THEN
                PERFORM ensure_account_1(p_funding, 'funding', NULL, p_currency, p_at);
                PERFORM ensure_account_1(p_wallet, 'wallet', p_user, p_currency, p_at);
            END IF;
            SELECT wallet.posted, wallet.held INTO v_wallet FROM account wallet
            WHERE wallet.id = p_wallet AND wallet.kind = 'wallet'
            FOR NO KEY UPDATE;
            outcome := CASE
                WHEN p_direction = 'credit' AND v_wallet.posted + p_amount > 9223372036854.775807 THEN 'too_large'
                WHEN p_direction = 'credit' THEN 'posted'
                WHEN p_direction = 'debit' AND v_wallet.posted - v_wallet.held >= p_amount THEN 'posted'
                ELSE 'insufficient'
            END;
        END IF;
    END IF;
    IF outcome = 'posted' THEN
        UPDATE account wallet
        SET posted = wallet.posted + CASE p_direction WHEN 'credit' THEN p_amount ELSE -p_amount END,
            version = wallet.version + 1, updated_at = p_at
        WHERE wallet.id = p_wallet
        RETURNING wallet.posted, wallet.held, wallet.version INTO STRICT v_after;
        PERFORM ensure_account_1(p_funding, 'funding', NULL, p_currency, p_at);
        INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                              wallet_version, posted_after, held_after, created_at)
        VALUES (p_transfer, 'post',
                CASE p_direction WHEN 'credit' THEN p_funding ELSE p_wallet END,
                CASE p_direction WHEN 'credit' THEN p_wallet ELSE p_funding END,
                p_amount, p_currency, p_description, p_wallet, v_after.version, v_after.posted, v_after.held, p_at);
        PERFORM keep_request_1(p_request, p_transfer, to_jsonb(p_transfer), p_now);
        PERFORM tell_1(p_events, p_audit);
    END IF;
    IF outcome IN ('key_reused', 'too_large') THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF outcome = 'insufficient' THEN
        posted := COALESCE(v_wallet.posted, 0);
        held := COALESCE(v_wallet.held, 0);
        currency := p_currency;
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT adjust_wallet_1.outcome, made.id, made.posted_after::numeric, made.held_after::numeric, made.currency,
           made.created_at
    FROM transfer made WHERE made.id = transfer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'correction % is not in the journal', transfer_id;
    END IF;
END
$$;
