#!/bin/sh
# Entrypoint of all images: nmdc-entrypoint VERB [ARGUMENT...], or any other command.
#
#   hub                  the HTTP API on port 8000 (WEB_CONCURRENCY sets the worker processes)
#   follower             keeps the link graph current with every write
#   webserver            Dagster's web UI on port 3000
#   webserver-readonly   the same, refusing everything that changes something
#   daemon               Dagster's schedules, sensors and run queue
#   code-server          the workspace over gRPC on port 4000; runs execute here
#   s3                   objects under /data on port 9000
#
# A password may come from a file: MONGO_PASSWORD_FILE and DAGSTER_POSTGRES_PASSWORD_FILE name it.
set -eu

resolve_secret() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$value" ] && [ -n "$file" ]; then
    echo "error: both $1 and $1_FILE are set; set one of them" >&2
    exit 1
  fi
  if [ -n "$file" ]; then
    if [ ! -r "$file" ]; then
      echo "error: $1_FILE names $file, which cannot be read" >&2
      exit 1
    fi
    value=$(cat "$file")
  fi
  export "$1=$value"
  unset "$1_FILE" value file
}

resolve_secret MONGO_PASSWORD
resolve_secret DAGSTER_POSTGRES_PASSWORD

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
  hub)
    exec uvicorn nmdc_runtime.api.main:app --host 0.0.0.0 --port 8000 --proxy-headers \
      --timeout-graceful-shutdown 20 "$@"
    ;;
  follower)
    exec nmdc-runtime follow --heartbeat /tmp/follower-is-well "$@"
    ;;
  webserver)
    # dagit is this command's published name; it only adds a warning that it is deprecated.
    exec dagster-webserver -h 0.0.0.0 -p 3000 -w "$DAGSTER_HOME/workspace.yaml" "$@"
    ;;
  webserver-readonly)
    exec dagster-webserver -h 0.0.0.0 -p 3000 -w "$DAGSTER_HOME/workspace.yaml" --read-only "$@"
    ;;
  daemon)
    exec dagster-daemon run -w "$DAGSTER_HOME/workspace.yaml" "$@"
    ;;
  code-server)
    # `dagster api grpc`, whose runs start from a process that has imported everything already.
    exec python -m nmdc_runtime.site.code_server --host 0.0.0.0 --port 4000 \
      --log-level warning --use-python-environment-entry-point "$@"
    ;;
  s3)
    # A bucket is a folder. No access log: it would write the signatures of presigned URLs.
    mkdir -p "/data/${API_SITE_ID:-nmdc-runtime}"
    exec nanio serve --data-dir /data --host 0.0.0.0 --port 9000 --no-access-log "$@"
    ;;
  "")
    echo "error: give a verb: hub, follower, webserver, webserver-readonly, daemon, code-server or s3" >&2
    exit 2
    ;;
  *)
    exec "$verb" "$@"
    ;;
esac
