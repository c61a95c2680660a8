-- What comparing the provider's books with ours found, the latest times.

CREATE TABLE trunkline.reconciliation (
    sequence           bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    twilio_account_sid text NOT NULL,
    begun_at           timestamptz NOT NULL,
    ended_at           timestamptz NOT NULL,
    -- Whether the provider's list was complete.
    complete           boolean NOT NULL,
    -- How many findings there were; the report may hold fewer.
    found              bigint NOT NULL CHECK (found >= 0),
    -- Not `jsonb`, which refuses some of the texts that anybody may call a number at the provider.
    report             json NOT NULL,
    -- A report that is kept again is the same one.
    UNIQUE (twilio_account_sid, begun_at, ended_at)
);

-- Keeps a report, and of all reports the latest `p_kept`. False when it was kept before.
CREATE FUNCTION trunkline.keep_reconciliation_1(
    p_account_sid text, p_begun_at timestamptz, p_ended_at timestamptz, p_complete boolean, p_found bigint,
    p_report json, p_kept bigint, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    -- One after the other, so that each sees what it must remove.
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline reconciliation', 0));
    INSERT INTO reconciliation (twilio_account_sid, begun_at, ended_at, complete, found, report)
    VALUES (p_account_sid, p_begun_at, p_ended_at, p_complete, p_found, p_report)
    ON CONFLICT (twilio_account_sid, begun_at, ended_at) DO NOTHING;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    DELETE FROM reconciliation past
    WHERE past.sequence <= (
        SELECT kept.sequence FROM reconciliation kept ORDER BY kept.sequence DESC OFFSET p_kept LIMIT 1
    );
    PERFORM tell_1('[]', p_audit);
    RETURN TRUE;
END
$$;
