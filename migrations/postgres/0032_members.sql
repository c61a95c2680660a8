-- Members of businesses. The owner is the business's own user and has no row here; a member need be no user yet.

CREATE TABLE trunkline.members (
    -- A business takes its members along when it goes, also where a server of the time before deletes it.
    business_id uuid NOT NULL REFERENCES trunkline.businesses (id) ON DELETE CASCADE,
    user_id     text NOT NULL,
    role        text NOT NULL CHECK (role IN ('manager', 'viewer')),
    added_at    timestamptz NOT NULL,
    PRIMARY KEY (business_id, user_id)
);

CREATE INDEX members_by_user ON trunkline.members (user_id, added_at, business_id);
