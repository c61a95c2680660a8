-- Closes a month of a wallet, once. What it covers and adds up to comes from the caller, who has read it in the journal; here it
-- is compared with what is closed and with the place that it ends at. `p_follows` is the month that is closed before it, or null.
-- Outcomes: closed, closed_before, out_of_turn, too_early. Only the first changes anything.
CREATE FUNCTION trunkline.close_statement_1(
    p_wallet uuid, p_month text, p_follows text, p_currency text, p_after bigint, p_last bigint, p_lines bigint,
    p_opening numeric, p_in numeric, p_out numeric, p_closing numeric, p_held numeric, p_due timestamptz,
    p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_before record;
BEGIN
    -- One look, so that a closing by another server is seen whole or not at all.
    SELECT latest.month, latest.last_version, latest.closing,
           EXISTS (SELECT FROM statement known WHERE known.wallet_id = p_wallet AND known.month = p_month) AS is_closed
    INTO v_before
    FROM statement latest WHERE latest.wallet_id = p_wallet
    ORDER BY latest.month DESC LIMIT 1;
    IF v_before.is_closed THEN
        RETURN 'closed_before';
    END IF;
    IF lease_time_1(p_now) < p_due THEN
        RETURN 'too_early';
    END IF;
    IF (v_before.month, COALESCE(v_before.last_version, 0), COALESCE(v_before.closing, 0))
        IS DISTINCT FROM (p_follows, p_after, p_opening)
    THEN
        RETURN 'out_of_turn';
    END IF;
    IF NOT EXISTS (
        SELECT FROM transfer last
        WHERE last.wallet_id = p_wallet AND last.wallet_version = p_last AND last.posted_after = p_closing
          AND last.held_after = p_held
    ) THEN
        RAISE EXCEPTION 'the history of wallet % has no place % with these balances', p_wallet, p_last;
    END IF;
    INSERT INTO statement (wallet_id, month, currency, after_version, last_version, lines, opening, total_in, total_out,
                           closing, held, closed_at)
    VALUES (p_wallet, p_month, p_currency, p_after, p_last, p_lines, p_opening, p_in, p_out, p_closing, p_held, p_at)
    -- Another server's closing of the same month, at the same moment.
    ON CONFLICT (wallet_id, month) DO NOTHING;
    IF NOT FOUND THEN
        RETURN 'closed_before';
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN 'closed';
END
$$;
