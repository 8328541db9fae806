#!/bin/sh
# Waits until every service of a stack is healthy: wait-healthy.sh SECONDS COMPOSE-COMMAND...
# (`up --wait` is Compose 2 only.) Says what it waits for, and shows the log of what failed.
set -eu

limit=$1
shift
docker=${DOCKER:-docker}
deadline=$(($(date +%s) + limit))
said=

# One line a container: its name, and healthy, starting, unhealthy, running, exited (code).
states() {
  ids=$("$@" ps -a -q)
  [ -n "$ids" ] || { echo "error: the stack has no containers; start it first" >&2; return 1; }
  # shellcheck disable=SC2086 # one word an id
  $docker inspect --format \
    '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}} {{.State.ExitCode}}' \
    $ids
}

while :; do
  now=$(states "$@")
  # A one-shot container is ready when it has ended well; one without a check when it runs.
  waiting=$(echo "$now" | awk '!($2 == "healthy" || $2 == "running" || ($2 == "exited" && $3 == 0)) {
    sub("^/", "", $1); print $1 " (" $2 ")" }')
  if [ -z "$waiting" ]; then
    echo "all services are healthy"
    exit 0
  fi
  if [ "$waiting" != "$said" ]; then
    echo "waiting for: $(echo $waiting)"
    said=$waiting
  fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "error: not healthy after $limit s: $(echo $waiting)" >&2
    "$@" logs --tail=40 >&2
    exit 1
  fi
  sleep 2
done
