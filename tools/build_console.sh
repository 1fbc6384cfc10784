#!/bin/sh
# Build the web console: build_console.sh PYTHON; console/ -> src/console/built
#
# PYTHON has mixminus installed: the console's client is generated from the server's OpenAPI document.
set -eu
cd "$(dirname "$0")/.."
python=$1
page=src/console/built/index.html
if [ -e "$page" ] && [ -d console/node_modules ] && [ -z "$(find console src/api src/wire src/model src/flow \
	\( -name node_modules -o -name generated -o -name dist -o -name __pycache__ \) -prune -o -newer "$page" -type f -print -quit)" ]; then
	exit 0
fi

echo "Building the console: half a minute, once ..."
mkdir -p build console/src/generated console/client/src/generated
log=$PWD/build/console.log
with_node=$PWD/tools/with_node.sh
run() {
	"$with_node" "$python" "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}

lock=console/node_modules/.package-lock.json
if [ ! -e "$lock" ] || [ console/package-lock.json -nt "$lock" ]; then
	(cd console && run npm ci --silent --no-audit --no-fund)
	touch "$lock"
fi
"$python" tools/generate_console_api.py console/src/generated
cd console
run node_modules/.bin/openapi-typescript src/generated/openapi.json -o client/src/generated/schema.ts --default-non-nullable false
run node_modules/.bin/vite build
touch ../$page
