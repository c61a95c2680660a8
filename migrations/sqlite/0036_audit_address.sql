-- From where the request came that a line of the audit trail tells of; lines of older releases have none.

ALTER TABLE audit ADD COLUMN address TEXT;
