#!/bin/sh
# Checks on a machine with an NVIDIA GPU that jobs and endpoints get it: `npm run test:gpu`, or this file where there is
# no npm. It needs a python3 with torch on the PATH. Where dist/gpu-packages.tar.gz lies (made by pack.sh), Node.js and
# the packages come from it.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -e node_modules ] && [ -e dist/gpu-packages.tar.gz ]; then tar --extract --gzip --no-same-owner --file dist/gpu-packages.tar.gz; fi
node=node_modules/node/bin/node
[ -x "$node" ] || node=node
exec "$node" test/gpu/check.ts "$@"
