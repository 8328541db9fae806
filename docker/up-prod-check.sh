#!/bin/sh
# Refuses a MongoDB key file that must not guard production: up-prod-check.sh KEY-FILE.
# The hub refuses its own placeholder secrets, but it never sees this file.
set -eu

# SHA-256 of the key file in the repository, which everybody can read.
published=f7a318704589394bd6950bfe017e3c8bc5dcd99ab531c9c814cd8a57eeba6ce4

fail() {
  echo "error: $1" >&2
  exit 1
}

sha256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

key=${1:?usage: up-prod-check.sh KEY-FILE}
[ -s "$key" ] || fail "$key is missing or empty; make one: openssl rand -base64 756 > $key"

digest=$(tr -d '[:space:]' <"$key" | sha256 | cut -d ' ' -f 1)
[ "$digest" != "$published" ] ||
  fail "$key is the one in the repository, for local development only; make your own:
  mkdir -p .docker && openssl rand -base64 756 > .docker/mongoKeyFile && chmod 400 .docker/mongoKeyFile"

length=$(tr -d '[:space:]' <"$key" | wc -c)
[ "$length" -ge 128 ] || fail "$key has $length characters; a key of openssl rand -base64 756 has 1008"
[ "$length" -le 1024 ] || fail "$key has $length characters; MongoDB accepts 1024 at most"
[ -z "$(tr -d 'A-Za-z0-9+/=[:space:]' <"$key")" ] || fail "$key is not base64"

case $(ls -ldL "$key" | cut -c 5-10) in
  ------) ;;
  *) fail "$key can be read by others than its owner: chmod 400 $key" ;;
esac

echo "$key may be used in production"
