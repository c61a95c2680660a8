-- What the server may do, when it is not the owner of its tables. See setup-database.md.
--
-- Run by `trunkline_owner`, who migrates, once after the first `trunkline migrate`. `trunkline_app` is the user in the
-- servers' DATABASE_URL.

GRANT USAGE ON SCHEMA trunkline TO trunkline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA trunkline TO trunkline_app;

-- Nobody else may call them. Those of later migrations are granted by `trunkline migrate` to whoever may write orders.
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA trunkline TO trunkline_app;

-- The journal, the audit trail and closed months are written once. Triggers refuse to change them, whoever asks; without these rights
-- nobody who has only the server's password can switch the triggers off.
REVOKE UPDATE, DELETE ON trunkline.transfer, trunkline.audit, trunkline.statement FROM trunkline_app;

-- Which migrations are applied is the owner's to write.
REVOKE INSERT, UPDATE, DELETE ON trunkline.migration FROM trunkline_app;

-- The tables of later migrations.
ALTER DEFAULT PRIVILEGES IN SCHEMA trunkline GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO trunkline_app;
