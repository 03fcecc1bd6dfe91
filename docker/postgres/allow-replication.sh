#!/bin/sh
# At the first start of the database: the backups beside it may read it whole.
set -eu
echo "host replication $POSTGRES_USER samenet scram-sha-256" >>"$PGDATA/pg_hba.conf"
