-- The second operator: who counts as one, what they moved without another, and the transitions of an approval.
--
-- The turn of a wallet comes between the turn of a request and the wallet's row, and is taken only where a sum is set: of
-- two posts to one wallet the second counts the first, also where the wallet has no row yet. An approval's row comes
-- before the wallet's.

-- Everybody who counts as the same operator as this one, as far as it leads back: the keys that a key replaces, and those
-- with which somebody made or rotated it, because whoever does that sees the secret.
CREATE FUNCTION trunkline.operator_origins_1(p_operator text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    WITH RECURSIVE origins (operator) AS (
        SELECT p_operator
        UNION
        SELECT 'key ' || parent.id
        FROM origins
        JOIN api_keys made
            ON made.id = CASE WHEN origins.operator LIKE 'key %' THEN substr(origins.operator, 5)::uuid END
        CROSS JOIN LATERAL (
            SELECT made.replaces::text AS id
            UNION ALL
            SELECT line.actor->>'key' FROM audit line
            WHERE line.subject = made.id::text AND line.action = 'key.create' AND line.actor->>'kind' = 'operator'
            UNION ALL
            SELECT line.actor->>'key' FROM audit line
            WHERE line.subject = made.replaces::text AND line.action = 'key.rotate'
              AND line.actor->>'kind' = 'operator'
        ) parent
        WHERE parent.id IS NOT NULL
    )
    SELECT origins.operator FROM origins
$$;

CREATE FUNCTION trunkline.is_same_operator_1(p_one text, p_other text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT EXISTS (SELECT operator_origins_1(p_one) INTERSECT SELECT operator_origins_1(p_other))
$$;

-- What an operator moved into a wallet or out of it without an approval, since then. To be asked in the wallet's turn.
CREATE FUNCTION trunkline.moved_without_approval_1(p_wallet uuid, p_operator text, p_since timestamptz) RETURNS numeric
LANGUAGE sql STABLE SET search_path = trunkline, pg_temp AS $$
    SELECT COALESCE(sum(moved.amount), 0)
    FROM unapproved_post moved
    WHERE moved.wallet_id = p_wallet AND moved.at > p_since
      AND moved.operator IN (
          SELECT others.operator
          FROM (SELECT DISTINCT operator FROM unapproved_post WHERE wallet_id = p_wallet AND at > p_since) others
          WHERE is_same_operator_1(others.operator, p_operator)
      )
$$;

-- Whether money can be posted: posted, too_large or insufficient, with the wallet as it stands. Locks its row.
CREATE FUNCTION trunkline.room_for_post_1(
    p_wallet uuid, p_direction text, p_amount numeric, OUT outcome text, OUT posted numeric, OUT held numeric
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    SELECT wallet.posted, wallet.held INTO posted, held FROM account wallet
    WHERE wallet.id = p_wallet AND wallet.kind = 'wallet'
    FOR NO KEY UPDATE;
    posted := COALESCE(posted, 0);
    held := COALESCE(held, 0);
    outcome := CASE
        WHEN p_direction = 'credit' AND posted + p_amount > 9223372036854.775807 THEN 'too_large'
        WHEN p_direction = 'credit' THEN 'posted'
        WHEN p_direction = 'debit' AND posted - held >= p_amount THEN 'posted'
        ELSE 'insufficient'
    END;
END
$$;

-- Posts between the operator and a wallet for which there is room. False where a wallet that was made meanwhile would become
-- too large; then nothing of it is written.
CREATE FUNCTION trunkline.write_post_1(
    p_transfer uuid, p_user text, p_wallet uuid, p_funding uuid, p_direction text, p_amount numeric, p_currency text,
    p_description text, p_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_after record;
BEGIN
    PERFORM ensure_account_1(p_funding, 'funding', NULL, p_currency, p_at);
    PERFORM ensure_account_1(p_wallet, 'wallet', p_user, p_currency, p_at);
    UPDATE account wallet
    SET posted = wallet.posted + CASE p_direction WHEN 'credit' THEN p_amount ELSE -p_amount END,
        version = wallet.version + 1, updated_at = p_at
    WHERE wallet.id = p_wallet AND (p_direction = 'debit' OR wallet.posted + p_amount <= 9223372036854.775807)
    RETURNING wallet.posted, wallet.held, wallet.version INTO v_after;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO transfer (id, kind, debit_account, credit_account, amount, currency, description, wallet_id,
                          wallet_version, posted_after, held_after, created_at)
    VALUES (p_transfer, 'post',
            CASE p_direction WHEN 'credit' THEN p_funding ELSE p_wallet END,
            CASE p_direction WHEN 'credit' THEN p_wallet ELSE p_funding END,
            p_amount, p_currency, p_description, p_wallet, v_after.version, v_after.posted, v_after.held, p_at);
    RETURN true;
END
$$;

-- Counts a post towards what its operator may move without another. A few rows that no longer count go by the way; those that
-- somebody else removes now are left to them.
CREATE FUNCTION trunkline.count_unapproved_post_1(
    p_transfer uuid, p_wallet uuid, p_operator text, p_amount numeric, p_at timestamptz, p_since timestamptz
) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    INSERT INTO unapproved_post (transfer_id, wallet_id, operator, amount, at)
    VALUES (p_transfer, p_wallet, p_operator, p_amount, p_at);
    DELETE FROM unapproved_post past
    USING (
        SELECT due.transfer_id FROM unapproved_post due WHERE due.at <= p_since
        ORDER BY due.at LIMIT 4
        FOR UPDATE SKIP LOCKED
    ) due
    WHERE past.transfer_id = due.transfer_id;
END
$$;

-- Money between the operator and a wallet, into it ('credit') or out of it ('debit'), once per transfer and once per
-- idempotency key. What goes out is at most what is available, so held money is never touched. `p_above` is the sum that
-- `p_operator` may move within `p_window` without another operator; null for no such rule.
-- Outcomes: posted, repeated (with the balance that the first time led to), key_reused, too_large, insufficient (with
-- the balance as it stands), needs_approval, under_approval (the same was asked for before, as the approval `transfer_id`).
-- Only the first changes anything.
CREATE FUNCTION trunkline.adjust_wallet_2(
    p_transfer uuid, p_user text, p_wallet uuid, p_funding uuid, p_direction text, p_amount numeric, p_currency text,
    p_description text, p_at timestamptz, p_above numeric, p_operator text, p_window interval, p_request jsonb,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, transfer_id uuid, posted numeric, held numeric, currency text, updated_at timestamptz
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_known text;
    v_room record;
    v_now timestamptz;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_transfer);
    transfer_id := p_transfer;
    currency := p_currency;
    IF NOT EXISTS (SELECT FROM transfer before WHERE before.id = p_transfer) THEN
        SELECT known.outcome, known.subject INTO v_known, transfer_id FROM known_request_1(p_request, p_now) known;
        IF v_known = 'other_command' THEN
            outcome := 'key_reused';
            RETURN NEXT;
            RETURN;
        END IF;
        transfer_id := COALESCE(transfer_id, p_transfer);
    END IF;
    IF EXISTS (SELECT FROM transfer before WHERE before.id = transfer_id) THEN
        outcome := 'repeated';
    ELSIF EXISTS (SELECT FROM approval asked WHERE asked.id = transfer_id) THEN
        outcome := 'under_approval';
        RETURN NEXT;
        RETURN;
    ELSIF v_known IS NOT NULL THEN
        RAISE EXCEPTION 'post % is not in the journal', transfer_id;
    ELSE
        IF p_above IS NOT NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('trunkline posts to ' || p_wallet, 0));
        END IF;
        v_now := lease_time_1(p_now);
        SELECT room.outcome, room.posted, room.held INTO v_room FROM room_for_post_1(p_wallet, p_direction, p_amount) room;
        outcome := v_room.outcome;
        IF outcome = 'posted' AND p_above IS NOT NULL
            AND moved_without_approval_1(p_wallet, p_operator, v_now - p_window) + p_amount > p_above
        THEN
            outcome := 'needs_approval';
        END IF;
        IF outcome = 'posted' AND NOT write_post_1(
            p_transfer, p_user, p_wallet, p_funding, p_direction, p_amount, p_currency, p_description, p_at
        ) THEN
            outcome := 'too_large';
        END IF;
        IF outcome <> 'posted' THEN
            posted := v_room.posted;
            held := v_room.held;
            RETURN NEXT;
            RETURN;
        END IF;
        IF p_above IS NOT NULL THEN
            PERFORM count_unapproved_post_1(p_transfer, p_wallet, p_operator, p_amount, v_now, v_now - p_window);
        END IF;
        PERFORM keep_request_1(p_request, p_transfer, to_jsonb(p_transfer), p_now);
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY
    SELECT adjust_wallet_2.outcome, made.id, made.posted_after::numeric, made.held_after::numeric, made.currency,
           made.created_at
    FROM transfer made WHERE made.id = transfer_id;
END
$$;

-- Has a credit or correction wait for another operator. Its idempotency key is kept from the approval's end on.
-- Outcomes: asked (now or before, with the row), posted (it is in the journal already), key_reused, too_many.
CREATE FUNCTION trunkline.ask_approval_1(
    p_id uuid, p_user text, p_operation text, p_direction text, p_amount numeric, p_currency text, p_reason text,
    p_asked_by jsonb, p_operator text, p_at timestamptz, p_lifetime interval, p_waiting_at_most bigint,
    p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, approval_row trunkline.approval)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_id uuid := p_id;
    v_known text;
    v_now timestamptz;
    v_row trunkline.approval%ROWTYPE;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_id);
    IF NOT EXISTS (SELECT FROM approval asked WHERE asked.id = p_id) THEN
        SELECT known.outcome, known.subject INTO v_known, v_id FROM known_request_1(p_request, p_now) known;
        IF v_known = 'other_command' THEN
            outcome := 'key_reused';
            RETURN NEXT;
            RETURN;
        END IF;
        v_id := COALESCE(v_id, p_id);
    END IF;
    SELECT asked.* INTO v_row FROM approval asked WHERE asked.id = v_id;
    IF FOUND THEN
        outcome := 'asked';
    ELSIF EXISTS (SELECT FROM transfer before WHERE before.id = v_id) THEN
        outcome := 'posted';
    ELSIF v_known IS NOT NULL THEN
        RAISE EXCEPTION 'post % is not in the journal', v_id;
    ELSE
        PERFORM pg_advisory_xact_lock(hashtextextended('trunkline approvals', 0));
        v_now := lease_time_1(p_now);
        IF p_waiting_at_most <= (
            SELECT count(*) FROM approval waiting WHERE waiting.state = 'waiting' AND waiting.expires_at > v_now
        ) THEN
            outcome := 'too_many';
        ELSE
            INSERT INTO approval AS made (id, user_id, operation, direction, amount, currency, reason, asked_by, operator,
                                          asked_at, expires_at, state)
            VALUES (p_id, p_user, p_operation, p_direction, p_amount, p_currency, p_reason, p_asked_by, p_operator,
                    p_at, v_now + p_lifetime, 'waiting')
            RETURNING made.* INTO v_row;
            PERFORM keep_request_1(p_request, p_id, to_jsonb(p_id), p_now);
            UPDATE request kept SET ended_at = v_row.expires_at
            WHERE kept.user_id = p_request->>'user' AND kept.operation = p_request->>'operation'
              AND kept.key = p_request->>'key';
            PERFORM tell_1(p_events, p_audit);
            outcome := 'asked';
        END IF;
    END IF;
    IF outcome = 'asked' THEN
        approval_row := v_row;
    END IF;
    RETURN NEXT;
END
$$;

-- Approves and posts, once. Outcomes: approved and approved_before (with the balance that it led to), ended, same_operator,
-- insufficient (with the balance as it stands), too_large, not_found. Only the first changes anything.
CREATE FUNCTION trunkline.approve_1(
    p_id uuid, p_wallet uuid, p_funding uuid, p_operator text, p_by jsonb, p_reason text, p_at timestamptz,
    p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (
    outcome text, posted numeric, held numeric, updated_at timestamptz, approval_row trunkline.approval
)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_row trunkline.approval%ROWTYPE;
    v_room record;
BEGIN
    SELECT asked.* INTO v_row FROM approval asked WHERE asked.id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN NEXT;
        RETURN;
    END IF;
    outcome := CASE
        WHEN v_row.state = 'approved' THEN 'approved_before'
        WHEN v_row.state <> 'waiting' OR v_row.expires_at <= lease_time_1(p_now) THEN 'ended'
        WHEN is_same_operator_1(v_row.operator, p_operator) THEN 'same_operator'
        ELSE 'approved'
    END;
    IF outcome = 'approved' THEN
        SELECT room.outcome, room.posted, room.held INTO v_room
        FROM room_for_post_1(p_wallet, v_row.direction, v_row.amount) room;
        IF v_room.outcome <> 'posted' THEN
            outcome := v_room.outcome;
            posted := v_room.posted;
            held := v_room.held;
        ELSIF NOT write_post_1(
            p_id, v_row.user_id, p_wallet, p_funding, v_row.direction, v_row.amount, v_row.currency, v_row.reason, p_at
        ) THEN
            outcome := 'too_large';
        ELSE
            UPDATE approval asked
            SET state = 'approved', decided_by = p_by, decision_reason = p_reason, decided_at = p_at
            WHERE asked.id = p_id
            RETURNING asked.* INTO v_row;
            PERFORM tell_1(p_events, p_audit);
        END IF;
    END IF;
    IF outcome IN ('approved', 'approved_before') THEN
        SELECT made.posted_after, made.held_after, made.created_at INTO STRICT posted, held, updated_at
        FROM transfer made WHERE made.id = p_id;
    END IF;
    approval_row := v_row;
    RETURN NEXT;
END
$$;

-- Outcomes: rejected (now or before), ended, not_found.
CREATE FUNCTION trunkline.reject_approval_1(
    p_id uuid, p_by jsonb, p_reason text, p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, approval_row trunkline.approval)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_row trunkline.approval%ROWTYPE;
BEGIN
    SELECT asked.* INTO v_row FROM approval asked WHERE asked.id = p_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN NEXT;
        RETURN;
    END IF;
    outcome := CASE
        WHEN v_row.state = 'rejected' OR (v_row.state = 'waiting' AND v_row.expires_at > lease_time_1(p_now)) THEN 'rejected'
        ELSE 'ended'
    END;
    IF outcome = 'rejected' AND v_row.state = 'waiting' THEN
        UPDATE approval asked
        SET state = 'rejected', decided_by = p_by, decision_reason = p_reason, decided_at = p_at
        WHERE asked.id = p_id
        RETURNING asked.* INTO v_row;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    approval_row := v_row;
    RETURN NEXT;
END
$$;
