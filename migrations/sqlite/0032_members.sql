-- Members of businesses. The owner is the business's own user and has no row here; a member need be no user yet.

CREATE TABLE members (
    -- A business takes its members along when it goes, whoever deletes it.
    business_id TEXT NOT NULL REFERENCES businesses (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('manager', 'viewer')),
    added_at    TEXT NOT NULL,
    PRIMARY KEY (business_id, user_id)
) STRICT;

CREATE INDEX members_by_user ON members (user_id, added_at, business_id);
