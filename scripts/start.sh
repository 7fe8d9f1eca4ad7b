#!/bin/sh
# npm start: installs what is missing, builds, and protects this machine in the foreground.
set -eu
cd "$(dirname "$0")/.."
. scripts/prepare.sh
exec node bin/warder protect "$@"
