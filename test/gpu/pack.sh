#!/bin/sh
# Packs what a GPU machine without a network needs beside the repository: Node.js and the packages that Sluice uses.
# One archive, dist/gpu-packages.tar.gz, of less than 64 MiB.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p dist
packages=$(node -p "Object.entries(require('./package-lock.json').packages).filter(([path, each]) => path && !path.slice(13).includes('/node_modules/') && !each.dev && !each.devOptional && require('node:fs').existsSync(path)).map(([path]) => path).join(' ')")
# shellcheck disable=SC2086
tar --create --gzip --dereference --file dist/gpu-packages.tar.gz --exclude '*.map' --exclude '*.d.ts' \
  node_modules/node/bin/node $packages
ls -l dist/gpu-packages.tar.gz
