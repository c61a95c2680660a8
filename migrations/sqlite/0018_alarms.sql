-- What an operator is woken for, from its onset to its end, and what is to be told of it.

CREATE TABLE alarm (
    -- Of the onset; ids grow with time.
    id             TEXT NOT NULL PRIMARY KEY,
    alarm          TEXT NOT NULL,
    -- The id of what it is about.
    subject        TEXT NOT NULL,
    sentence       TEXT NOT NULL,
    details        TEXT NOT NULL CHECK (json_valid(details)),
    raised_at      TEXT NOT NULL,
    last_raised_at TEXT NOT NULL,
    times          INTEGER NOT NULL CHECK (times > 0),
    -- By which a repeat of it is known.
    last_raising   TEXT NOT NULL,
    ended_at       TEXT,
    end_reason     TEXT CHECK (end_reason IN ('told', 'cause_gone', 'operator')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;

-- One about a subject is open at most.
CREATE UNIQUE INDEX alarm_open ON alarm (alarm, subject) WHERE ended_at IS NULL;
CREATE INDEX alarm_ended ON alarm (ended_at, id) WHERE ended_at IS NOT NULL;

CREATE TABLE alarm_notice (
    sequence        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    alarm_id        TEXT NOT NULL REFERENCES alarm (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL CHECK (kind IN ('raised', 'ended')),
    state           TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'given_up')),
    lease           INTEGER NOT NULL DEFAULT 0,
    leased_until    TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,
    UNIQUE (alarm_id, kind),
    CHECK (state = 'due' OR leased_until IS NULL)
) STRICT;

CREATE INDEX alarm_notice_due ON alarm_notice (sequence) WHERE state = 'due';
