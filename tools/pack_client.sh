#!/bin/sh
# Pack the TypeScript client as an npm package: pack_client.sh PYTHON; console/client/ -> build/mixminus-client-VERSION.tgz
#
# tools/build_console.sh has generated its types before.
set -eu
cd "$(dirname "$0")/../console/client"
rm -rf dist
../../tools/with_node.sh "$1" ../node_modules/.bin/tsc -p .
../../tools/with_node.sh "$1" npm pack --silent --pack-destination ../../build
