-- What a customer owes: a payment was taken back after its money was spent.
--
-- A `debt` is an account beside the wallet, strict as it is: `posted` is what is owed, it grows when the account is
-- debited, and it is never below zero. Money between the two goes through the operator's `clearing` account in two rows,
-- because a transfer touches one strict account; `wallet_id` of a row names that one.

ALTER TABLE trunkline.account
    DROP CONSTRAINT account_kind_check,
    DROP CONSTRAINT account_check,
    DROP CONSTRAINT account_check1,
    DROP CONSTRAINT account_check2,
    ADD CONSTRAINT account_kind_check
        CHECK (kind IN ('wallet', 'revenue', 'funding', 'opening', 'debt', 'clearing')),
    ADD CONSTRAINT account_check CHECK ((kind IN ('wallet', 'debt')) = (user_id IS NOT NULL)),
    ADD CONSTRAINT account_check1 CHECK (
        kind NOT IN ('wallet', 'debt') OR (held >= 0 AND posted - held >= 0 AND (kind = 'wallet' OR held = 0))
    ),
    ADD CONSTRAINT account_check2 CHECK (kind IN ('wallet', 'debt') OR (posted = 0 AND held = 0 AND version = 0));

DROP INDEX trunkline.account_of_operator;
CREATE UNIQUE INDEX account_of_operator ON trunkline.account (kind, currency) WHERE kind NOT IN ('wallet', 'debt');
CREATE UNIQUE INDEX account_of_debtor ON trunkline.account (user_id, currency) WHERE kind = 'debt';
