#!/bin/sh
# Empties the database of a stack, or fills it from a dump: reset-db.sh DUMP COMPOSE-COMMAND...
# DUMP is a folder of mongodump's with one folder a database, or empty. The hub's next boot seeds
# what is missing.
set -eu

dump=$1
shift
here=$(dirname "$0")

if [ -n "$dump" ] && [ ! -d "$dump" ]; then
  echo "error: there is no folder $dump" >&2
  exit 1
fi

# Nothing may write while the database is replaced.
"$@" stop dagster-daemon dagster-dagit dagster-code fastapi
"$@" run --rm --no-deps -T mongo-init python -c '
import os
from pymongo import MongoClient

url, name = os.environ["MONGO_HOST"], os.environ["MONGO_DBNAME"]
user, password = os.environ["MONGO_USERNAME"], os.environ["MONGO_PASSWORD"]
MongoClient(url, username=user, password=password).drop_database(name)
print("emptied the database", name)
'
if [ -n "$dump" ]; then
  tar -C "$dump" -cf - . | "$@" exec -T mongo bash -c '
    command -v mongorestore >/dev/null || { echo "error: this image has no mongorestore" >&2; exit 1; }
    folder=$(mktemp -d) && trap "rm -rf $folder" EXIT && tar -C "$folder" -xf - &&
    gzip=$(find "$folder" -name "*.bson.gz" | grep -q . && echo --gzip)
    printf "password: \"%s\"\n" "$MONGO_INITDB_ROOT_PASSWORD" | mongorestore --config /dev/stdin \
      --username "$MONGO_INITDB_ROOT_USERNAME" --authenticationDatabase admin \
      $gzip --drop --dir "$folder"'
fi
"$@" up --detach
"$here/wait-healthy.sh" "${STACK_TIMEOUT:-300}" "$@"
