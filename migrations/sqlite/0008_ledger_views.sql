-- The ledger for reading with other tools: reports, spreadsheets, a host's own pages. Nothing can be written through
-- these views, and Trunkline itself does not read them. Money is text with six decimals, exact: `12.500000`.
-- A migration that makes one of their tables anew drops them first and makes them anew too.

-- One row for each user who has a wallet in dollars or rupees. `balance_` is what can be spent: open holds are taken
-- off, and stand in `held_` beside it. A wallet that does not exist reads 0. `updated_at` is the last change of any.
CREATE VIEW wallets AS
WITH by_user AS (
    SELECT user_id,
           COALESCE(SUM(posted - held) FILTER (WHERE currency = 'USD'), 0) AS balance_usd,
           COALESCE(SUM(held) FILTER (WHERE currency = 'USD'), 0) AS held_usd,
           COALESCE(SUM(posted - held) FILTER (WHERE currency = 'INR'), 0) AS balance_inr,
           COALESCE(SUM(held) FILTER (WHERE currency = 'INR'), 0) AS held_inr,
           MIN(created_at) AS created_at,
           MAX(updated_at) AS updated_at
    FROM account
    WHERE kind = 'wallet' AND currency IN ('USD', 'INR')
    GROUP BY user_id
)
SELECT user_id,
       printf('%d.%06d', balance_usd / 1000000, balance_usd % 1000000) AS balance_usd,
       printf('%d.%06d', held_usd / 1000000, held_usd % 1000000) AS held_usd,
       printf('%d.%06d', balance_inr / 1000000, balance_inr % 1000000) AS balance_inr,
       printf('%d.%06d', held_inr / 1000000, held_inr % 1000000) AS held_inr,
       created_at,
       updated_at
FROM by_user;

-- One row for each credit and each order, as a customer reads their history: a hold and its capture or void are one
-- row, whose status tells which. Amounts are positive; `type` says in (`credit`) or out (`debit`).
CREATE VIEW transactions AS
SELECT begun.id,
       wallet.user_id,
       CASE WHEN begun.kind = 'post' AND begun.credit_account = begun.wallet_id THEN 'credit' ELSE 'debit' END AS type,
       printf('%d.%06d', begun.amount / 1000000, begun.amount % 1000000) AS amount,
       begun.currency,
       begun.description,
       CASE
           WHEN EXISTS (SELECT 1 FROM transfer undone WHERE undone.reverses_id IN (begun.id, ended.id))
               THEN 'refunded'
           WHEN begun.kind = 'hold' AND ended.id IS NULL THEN 'pending'
           WHEN ended.kind = 'void' THEN 'failed'
           ELSE 'completed'
       END AS status,
       begun.order_id,
       COALESCE(ended.number_id, begun.number_id) AS number_id,
       begun.created_at,
       COALESCE(ended.created_at, begun.created_at) AS updated_at
FROM transfer begun
JOIN account wallet ON wallet.id = begun.wallet_id
LEFT JOIN transfer ended ON ended.pending_id = begun.id
WHERE begun.kind IN ('post', 'hold');
