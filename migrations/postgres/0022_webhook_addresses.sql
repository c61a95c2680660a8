-- Every address that this deployment has ever given to the provider, so that a number which still has an older one of
-- them can be told from one that somebody else has pointed elsewhere. And the two transitions of repairing.

CREATE TABLE trunkline.webhook_address (
    address       text NOT NULL PRIMARY KEY,
    first_used_at timestamptz NOT NULL
);

-- Those that numbers here have.
INSERT INTO trunkline.webhook_address (address, first_used_at)
SELECT used.address, MIN(used.created_at)
FROM (SELECT voice_url AS address, created_at FROM trunkline.business_numbers WHERE twilio_sid IS NOT NULL
      UNION ALL SELECT sms_url, created_at FROM trunkline.business_numbers WHERE twilio_sid IS NOT NULL
      UNION ALL SELECT status_callback_url, created_at FROM trunkline.business_numbers WHERE twilio_sid IS NOT NULL)
     AS used
WHERE used.address IS NOT NULL AND used.address <> ''
GROUP BY used.address;

-- Begins to set a number up at the provider as its row says. False where the row has changed since it was read, or
-- accepts no changes. What leaves nothing but a line of the audit trail is known by that line.
CREATE FUNCTION trunkline.begin_mending_1(
    p_number uuid, p_version bigint, p_from text[], p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM 1 FROM business_numbers guard
    WHERE guard.id = p_number AND guard.version = p_version AND guard.status = ANY (p_from)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    IF NOT was_told_1(p_events, p_audit) THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN TRUE;
END
$$;

-- Begins the release of a number that was given back here and that the provider still has.
-- Outcomes: begun, with the lease; not_released, claimed_by_other, in_progress.
CREATE FUNCTION trunkline.begin_leftover_1(
    p_number uuid, p_number_sid text, p_account_sid text, p_phone_number text, p_order uuid, p_lease interval,
    p_at timestamptz, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, lease bigint)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_state text;
    v_now timestamptz;
BEGIN
    -- The lock of the order keeps a second one waiting, as with other orphans.
    PERFORM 1 FROM orders bought WHERE bought.id = p_order FOR NO KEY UPDATE;
    PERFORM 1 FROM business_numbers guard
    WHERE guard.id = p_number AND guard.status = 'released' AND guard.twilio_sid = p_number_sid
      AND guard.twilio_account_sid = p_account_sid AND guard.phone_number = p_phone_number
      AND guard.order_id = p_order
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_released';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT known.state INTO v_state FROM orphan_release known WHERE known.twilio_sid = p_number_sid
    FOR NO KEY UPDATE;
    IF v_state IS NULL OR v_state = 'released' THEN
        INSERT INTO number_claim AS claim (phone_number, order_id, state)
        VALUES (p_phone_number, p_order, 'orphan')
        ON CONFLICT (phone_number) DO UPDATE SET state = 'orphan' WHERE claim.state = 'cooling';
        IF NOT FOUND THEN
            outcome := 'claimed_by_other';
            RETURN NEXT;
            RETURN;
        END IF;
        INSERT INTO orphan_release AS known (twilio_sid, twilio_account_sid, phone_number, order_id, state, lease,
                                             created_at, updated_at)
        VALUES (p_number_sid, p_account_sid, p_phone_number, p_order, 'releasing', 0, p_at, p_at)
        ON CONFLICT (twilio_sid) DO UPDATE SET state = 'releasing', attempts = 0;
    END IF;
    v_now := lease_time_1(p_now);
    UPDATE orphan_release taken
    SET lease = taken.lease + 1, leased_until = v_now + p_lease, next_attempt_at = NULL, updated_at = p_at
    WHERE taken.twilio_sid = p_number_sid AND taken.state = 'releasing'
      AND (taken.leased_until IS NULL OR taken.leased_until <= v_now)
      AND (taken.next_attempt_at IS NULL OR taken.next_attempt_at <= v_now)
    RETURNING 'begun', taken.lease INTO outcome, lease;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
    ELSE
        outcome := 'in_progress';
    END IF;
    RETURN NEXT;
END
$$;
