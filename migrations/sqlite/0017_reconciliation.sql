-- What comparing the provider's books with ours found, the latest times.

CREATE TABLE reconciliation (
    sequence           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    twilio_account_sid TEXT NOT NULL,
    begun_at           TEXT NOT NULL,
    ended_at           TEXT NOT NULL,
    -- Whether the provider's list was complete.
    complete           INTEGER NOT NULL CHECK (complete IN (0, 1)),
    -- How many findings there were; the report may hold fewer.
    found              INTEGER NOT NULL CHECK (found >= 0),
    report             TEXT NOT NULL CHECK (json_valid(report)),
    -- A report that is kept again is the same one.
    UNIQUE (twilio_account_sid, begun_at, ended_at)
) STRICT;
