#!/usr/bin/env bash
# A dump of Trunkline's schemas, and the oldest ones removed: `docker compose run --rm backup`, from cron. Where to connect
# is in PGHOST, PGDATABASE, PGUSER and PGPASSWORD, as the owner: PostgreSQL lets nobody else but superusers dump tables with
# row-level security. A dump has its name only when pg_restore can read it and it is on the
# disk; nothing is removed on a night without a new one.
set -euo pipefail
umask 077
folder=${BACKUP_FOLDER:-/backups}
keep=${BACKUP_KEEP:-14}
[[ $keep =~ ^[1-9][0-9]*$ ]] || { echo "BACKUP_KEEP is $keep, not how many backups are kept" >&2; exit 1; }

name=$folder/trunkline-$(date --utc +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$name.partial"' EXIT
pg_dump --format=custom --schema=trunkline --schema=trunkline_tenant --file="$name.partial"
pg_restore --list "$name.partial" >/dev/null
sync "$name.partial"
mv "$name.partial" "$name"
echo "$name"

find "$folder" -maxdepth 1 -type f -name 'trunkline-*Z.dump' | sort --reverse | tail --lines="+$((keep + 1))" |
  while read -r old; do
    rm -- "$old"
    echo "removed $old"
  done
