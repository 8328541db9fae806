#!/bin/sh
# Removes everything of the named stacks: containers, volumes, networks, and this project's images.
# Finds it by label, so it needs neither the compose files nor .env, and leaves other projects
# alone; what cannot be removed (in use elsewhere, gone already) is passed over.
set -u

docker=${DOCKER:-docker}
source=https://github.com/microbiomedata/nmdc-runtime

for project in "$@"; do
  label=label=com.docker.compose.project=$project
  $docker ps --all --quiet --filter "$label" | xargs -r "$docker" rm --force --volumes
  $docker volume ls --quiet --filter "$label" | xargs -r "$docker" volume rm
  $docker network ls --quiet --filter "$label" | xargs -r "$docker" network rm
done
$docker images --quiet --filter "label=org.opencontainers.image.source=$source" |
  sort -u | xargs -r "$docker" rmi --force
exit 0
