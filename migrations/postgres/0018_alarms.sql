-- What an operator is woken for, from its onset to its end, and what is to be told of it.

CREATE TABLE trunkline.alarm (
    -- Of the onset; ids grow with time.
    id             uuid NOT NULL PRIMARY KEY,
    alarm          text NOT NULL,
    -- The id of what it is about.
    subject        text NOT NULL,
    sentence       text NOT NULL,
    details        json NOT NULL,
    raised_at      timestamptz NOT NULL,
    last_raised_at timestamptz NOT NULL,
    times          bigint NOT NULL CHECK (times > 0),
    -- By which a repeat of it is known.
    last_raising   uuid NOT NULL,
    ended_at       timestamptz,
    end_reason     text CHECK (end_reason IN ('told', 'cause_gone', 'operator')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);

-- One about a subject is open at most.
CREATE UNIQUE INDEX alarm_open ON trunkline.alarm (alarm, subject) WHERE ended_at IS NULL;
CREATE INDEX alarm_ended ON trunkline.alarm (ended_at, id) WHERE ended_at IS NOT NULL;

CREATE TABLE trunkline.alarm_notice (
    sequence        bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    alarm_id        uuid NOT NULL REFERENCES trunkline.alarm (id) ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('raised', 'ended')),
    state           text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'given_up')),
    lease           bigint NOT NULL DEFAULT 0,
    leased_until    timestamptz,
    attempts        bigint NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    UNIQUE (alarm_id, kind),
    CHECK (state = 'due' OR leased_until IS NULL)
);

CREATE INDEX alarm_notice_due ON trunkline.alarm_notice (sequence) WHERE state = 'due';

-- Waits until nobody else raises or ends an alarm about the same subject: one that is not open has no row to lock.
CREATE FUNCTION trunkline.wait_for_alarm_1(p_alarm text, p_subject text) RETURNS void
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'trunkline alarm', p_alarm, p_subject), 0));
END
$$;

-- Stores that an alarm is raised: 'begun', 'goes_on' where it is open already, or 'known' where this very raising was
-- stored before.
CREATE FUNCTION trunkline.raise_alarm_1(
    p_id uuid, p_alarm text, p_subject text, p_sentence text, p_details json, p_at timestamptz, p_events jsonb,
    p_audit jsonb
) RETURNS text
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM wait_for_alarm_1(p_alarm, p_subject);
    IF EXISTS (SELECT 1 FROM alarm known WHERE known.id = p_id) OR EXISTS (
        SELECT 1 FROM alarm known
        WHERE known.alarm = p_alarm AND known.subject = p_subject AND known.ended_at IS NULL
          AND known.last_raising = p_id
    ) THEN
        RETURN 'known';
    END IF;
    UPDATE alarm open
    SET sentence = p_sentence, details = p_details, last_raised_at = greatest(open.last_raised_at, p_at),
        times = open.times + 1, last_raising = p_id
    WHERE open.alarm = p_alarm AND open.subject = p_subject AND open.ended_at IS NULL;
    IF FOUND THEN
        PERFORM tell_1(p_events, p_audit);
        RETURN 'goes_on';
    END IF;
    INSERT INTO alarm (id, alarm, subject, sentence, details, raised_at, last_raised_at, times, last_raising)
    VALUES (p_id, p_alarm, p_subject, p_sentence, p_details, p_at, p_at, 1, p_id);
    INSERT INTO alarm_notice (alarm_id, kind) VALUES (p_id, 'raised');
    PERFORM tell_1(p_events, p_audit);
    RETURN 'begun';
END
$$;

-- Ends an open alarm, unless it is another one or was raised again since it was seen; without `p_seen_id`, whatever
-- happened. Of those that have ended the latest `p_kept` stay.
CREATE FUNCTION trunkline.end_alarm_1(
    p_alarm text, p_subject text, p_reason text, p_at timestamptz, p_seen_id uuid, p_seen_times bigint, p_kept bigint,
    p_events jsonb, p_audit jsonb
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_id uuid;
BEGIN
    PERFORM wait_for_alarm_1(p_alarm, p_subject);
    UPDATE alarm open SET ended_at = greatest(open.raised_at, p_at), end_reason = p_reason
    WHERE open.alarm = p_alarm AND open.subject = p_subject AND open.ended_at IS NULL
      AND (p_seen_id IS NULL OR (open.id = p_seen_id AND open.times = p_seen_times))
    RETURNING open.id INTO v_id;
    IF v_id IS NULL THEN
        RETURN FALSE;
    END IF;
    INSERT INTO alarm_notice (alarm_id, kind) VALUES (v_id, 'ended');
    -- One after the other, so that each sees what it must remove.
    PERFORM pg_advisory_xact_lock(hashtextextended('trunkline alarms that ended', 0));
    DELETE FROM alarm past
    WHERE past.id IN (
        SELECT ended.id FROM alarm ended WHERE ended.ended_at IS NOT NULL
        ORDER BY ended.ended_at DESC, ended.id DESC OFFSET p_kept
    );
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

CREATE FUNCTION trunkline.deliver_alarm_notice_1(p_alarm_id uuid, p_kind text, p_events jsonb, p_audit jsonb)
RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE alarm_notice due SET state = 'delivered', leased_until = NULL, next_attempt_at = NULL
    WHERE due.alarm_id = p_alarm_id AND due.kind = p_kind AND due.state = 'due';
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;

-- Leaves a notice until later, or gives it up where `p_next_attempt_in` is null.
CREATE FUNCTION trunkline.set_back_alarm_notice_1(
    p_alarm_id uuid, p_kind text, p_lease bigint, p_attempts bigint, p_next_attempt_in interval, p_events jsonb,
    p_audit jsonb, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    UPDATE alarm_notice due
    SET state = CASE WHEN p_next_attempt_in IS NULL THEN 'given_up' ELSE 'due' END, leased_until = NULL,
        attempts = p_attempts, next_attempt_at = lease_time_1(p_now) + p_next_attempt_in
    WHERE due.alarm_id = p_alarm_id AND due.kind = p_kind AND due.state = 'due' AND due.lease = p_lease
      AND due.leased_until IS NOT NULL;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM tell_1(p_events, p_audit);
    RETURN TRUE;
END
$$;
