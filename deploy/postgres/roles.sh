#!/usr/bin/env bash
# At the first start of PostgreSQL's container: the owner of the tables, the servers' user, the role of users who read
# for themselves (docs/setup-database.md), and the database. What the servers' user may do is granted after the tables are
# there (docs/postgres-grants.sql).
set -euo pipefail

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
  --set=owner_password="$TRUNKLINE_OWNER_PASSWORD" --set=app_password="$TRUNKLINE_APP_PASSWORD" <<'SQL'
CREATE ROLE trunkline_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE trunkline_app LOGIN PASSWORD :'app_password';
CREATE ROLE trunkline_tenant NOLOGIN;
CREATE DATABASE trunkline OWNER trunkline_owner;
REVOKE CONNECT ON DATABASE trunkline FROM PUBLIC;
GRANT CONNECT ON DATABASE trunkline TO trunkline_app, trunkline_tenant;
SQL
