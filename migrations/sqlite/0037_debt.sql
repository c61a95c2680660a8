-- What a customer owes: a payment was taken back after its money was spent.
--
-- A `debt` is an account beside the wallet, strict as it is: `posted` is what is owed, it grows when the account is
-- debited, and it is never below zero. Money between the two goes through the operator's `clearing` account in two rows,
-- because a transfer touches one strict account; `wallet_id` of a row names that one.

-- SQLite changes no CHECK of a table that is there. These only allow more than before and touch no row, for which
-- SQLite's manual (lang_altertable.html, 7) says to edit the schema in place.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(replace(replace(replace(sql,
        '(''wallet'', ''revenue'', ''funding'', ''opening'')',
        '(''wallet'', ''revenue'', ''funding'', ''opening'', ''debt'', ''clearing'')'),
        'CHECK ((kind = ''wallet'') = (user_id IS NOT NULL))',
        'CHECK ((kind IN (''wallet'', ''debt'')) = (user_id IS NOT NULL))'),
        'CHECK (kind <> ''wallet'' OR (held >= 0 AND posted - held >= 0))',
        'CHECK (kind NOT IN (''wallet'', ''debt'') OR (held >= 0 AND posted - held >= 0 AND (kind = ''wallet'' OR held = 0)))'),
        'CHECK (kind = ''wallet'' OR (posted = 0 AND held = 0 AND version = 0))',
        'CHECK (kind IN (''wallet'', ''debt'') OR (posted = 0 AND held = 0 AND version = 0))')
WHERE type = 'table' AND name = 'account';

PRAGMA writable_schema = RESET;

DROP INDEX account_of_operator;
CREATE UNIQUE INDEX account_of_operator ON account (kind, currency) WHERE kind NOT IN ('wallet', 'debt');
CREATE UNIQUE INDEX account_of_debtor ON account (user_id, currency) WHERE kind = 'debt';
