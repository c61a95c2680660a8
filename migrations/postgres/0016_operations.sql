-- What operations ask again and again is answered from indexes.

CREATE INDEX orders_by_state ON trunkline.orders (state, opened_at);
CREATE INDEX business_numbers_in_review ON trunkline.business_numbers (id) WHERE status = 'review';
CREATE INDEX orphan_release_in_review ON trunkline.orphan_release (twilio_sid) WHERE state = 'review';
