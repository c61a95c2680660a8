-- What operations ask again and again is answered from indexes, and no REPLACE rewrites what is append-only.

CREATE INDEX orders_by_state ON orders (state, opened_at);
CREATE INDEX business_numbers_in_review ON business_numbers (id) WHERE status = 'review';
CREATE INDEX orphan_release_in_review ON orphan_release (twilio_sid) WHERE state = 'review';

-- `INSERT OR REPLACE` deletes the rows that are in its way, and fires their DELETE triggers only where a connection
-- has asked for recursive ones. So an insert refuses by itself to be in anybody's place.
CREATE TRIGGER transfer_is_never_replaced BEFORE INSERT ON transfer
WHEN EXISTS (SELECT 1 FROM transfer WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM transfer WHERE wallet_id = NEW.wallet_id AND wallet_version = NEW.wallet_version)
    OR EXISTS (SELECT 1 FROM transfer WHERE pending_id = NEW.pending_id)
BEGIN
    SELECT RAISE(ABORT, 'transfers are append-only: another one has this id, place or hold');
END;

CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only: another line has this place');
END;
