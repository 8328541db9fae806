#!/bin/sh
# Removes everything of the named stacks: containers, volumes, networks, and this project's images
# that no tag names any more. Finds it by label, so it needs neither the compose files nor .env,
# and leaves other projects alone; what cannot be removed (in use, gone already) is passed over.
set -u

docker=${DOCKER:-docker}
source=https://github.com/microbiomedata/nmdc-runtime

for project in "$@"; do
  label=label=com.docker.compose.project=$project
  $docker ps --all --quiet --filter "$label" | xargs -r "$docker" rm --force --volumes
  $docker volume ls --quiet --filter "$label" | xargs -r "$docker" volume rm
  $docker network ls --quiet --filter "$label" | xargs -r "$docker" network rm
done
$docker image prune --force --filter "label=org.opencontainers.image.source=$source"
exit 0
