-- What operators have set for single users. A row stays when everything in it is taken back: its version counts on.

CREATE TABLE trunkline.user_limits (
    user_id    text NOT NULL PRIMARY KEY,
    -- By limit; null is no limit, and what is missing is as for everybody.
    limits     jsonb NOT NULL CHECK (jsonb_typeof(limits) = 'object'),
    version    integer NOT NULL CHECK (version > 0),
    updated_at timestamptz NOT NULL
);

-- What is counted when an order opens.
CREATE INDEX orders_open_of_user ON trunkline.orders (user_id) WHERE state IN ('ordering', 'unresolved', 'review');
CREATE INDEX business_numbers_held_by_user ON trunkline.business_numbers (user_id)
    WHERE order_id IS NOT NULL AND status <> 'released';
CREATE INDEX business_numbers_released_by_user ON trunkline.business_numbers (user_id, updated_at)
    WHERE order_id IS NOT NULL AND status = 'released';
