-- The history of a wallet, newest first, as it is listed: a page reads no more lines than it has. Captures and voids are
-- no lines of their own.

CREATE INDEX transfer_lines ON trunkline.transfer (wallet_id, created_at, id) WHERE kind IN ('post', 'hold', 'reversal');
