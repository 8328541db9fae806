#!/usr/bin/env bash
# Entrypoint of the mongo service: puts the key file where mongod accepts it, then goes on as the
# image does. mongod wants to own the key file and to be its only reader, while the mounted file
# belongs to whoever cloned the repository; so the server gets its own copy.
set -euo pipefail

mounted=/run/nmdc/mongoKeyFile
key=/etc/mongo-key-file

if [ ! -s "$mounted" ]; then
  echo "error: the mounted key file is missing or empty; make one: openssl rand -base64 756" >&2
  exit 1
fi
install -m 400 -o mongodb -g mongodb "$mounted" "$key"
exec docker-entrypoint.sh mongod --keyFile "$key" "$@"
