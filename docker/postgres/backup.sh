#!/bin/sh
# Base backups, verified, beside the log of changes that Postgres archives: together they bring the database back to any
# second since the oldest one (see "Going back in time" in docker/README.md). `backup.sh once` makes one and ends.
#
#   BACKUP_FOLDER       where to: base/ and wal/ in it
#   BACKUP_KEEP         how many base backups are kept (14); older logs of changes go with them
#   BACKUP_EVERY_HOURS  how often (24)
#   WAL_OWNER           who writes the log of changes, where this runs as root
#   PASSWORD_FILE       the password, written to PGPASSFILE for libpq; PGHOST, PGPORT, PGUSER as libpq knows them
set -eu

base=$BACKUP_FOLDER/base
mkdir -p "$base" "$BACKUP_FOLDER/wal"
[ -z "${WAL_OWNER:-}" ] || chown "$WAL_OWNER" "$BACKUP_FOLDER/wal"

if [ -n "${PASSWORD_FILE:-}" ]; then
  umask 077
  printf '*:*:*:*:%s\n' "$(cat "$PASSWORD_FILE")" >"$PGPASSFILE"
fi

# Only what was read back and found whole gets its name.
back_up() {
  name=$(date -u +%Y%m%dT%H%M%SZ)
  if pg_basebackup --pgdata="$base/.$name" --wal-method=stream --checkpoint=fast --manifest-checksums=SHA256 &&
    pg_verifybackup --quiet "$base/.$name" && mv "$base/.$name" "$base/$name"; then
    echo "backed up and verified: $name"
  else
    rm -rf "$base/.$name"
    echo "the backup failed; the one before is still there" >&2
    return 1
  fi
}

forget_the_oldest() {
  ls -1 "$base" | sort -r | tail -n "+$((${BACKUP_KEEP:-14} + 1))" | while read -r old; do rm -rf "${base:?}/$old"; done
  oldest=$(ls -1 "$base" | sort | head -n 1)
  needed=$(sed -n 's/^START WAL LOCATION: .*(file \([0-9A-F]*\))$/\1/p' "$base/$oldest/backup_label")
  [ -z "$needed" ] || pg_archivecleanup "$BACKUP_FOLDER/wal" "$needed"
}

while :; do
  status=0
  back_up && forget_the_oldest || status=1
  [ "${1:-}" != once ] || exit "$status"
  sleep "$((${BACKUP_EVERY_HOURS:-24} * 3600))"
done
