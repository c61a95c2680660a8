-- An operator stops every release.

-- Every release that is under way, of numbers and of orphans, waits for an operator from now on, whoever works on it.
CREATE FUNCTION trunkline.stop_releases_1(p_reason text, p_at timestamptz, p_events jsonb, p_audit jsonb)
RETURNS TABLE (numbers bigint, orphans bigint)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE business_numbers
    SET status = 'review', review_reason = p_reason, release_leased_until = NULL, release_next_attempt_at = NULL,
        version = version + 1, updated_at = p_at
    WHERE status = 'releasing';
    GET DIAGNOSTICS numbers = ROW_COUNT;
    UPDATE orphan_release
    SET state = 'review', review_reason = p_reason, leased_until = NULL, next_attempt_at = NULL, updated_at = p_at
    WHERE state = 'releasing';
    GET DIAGNOSTICS orphans = ROW_COUNT;
    IF numbers + orphans > 0 THEN
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN NEXT;
END
$$;
