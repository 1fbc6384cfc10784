#!/bin/sh
# Bundle JsSIP, SIP.js and hls.js for the end-to-end tests: build_browser_phones.sh PYTHON; tests/browser_phones -> build/browser_phones
set -eu
cd "$(dirname "$0")/.."
python=$1
with_node=$PWD/tools/with_node.sh
out=build/browser_phones
bundle=$out/phones.js
if [ -e "$bundle" ] && [ -z "$(find tests/browser_phones -newer "$bundle")" ]; then
	exit 0
fi

mkdir -p "$out/source"
cp tests/browser_phones/* "$out/source"
cd "$out/source"
"$with_node" "$python" npm ci --silent --no-audit --no-fund
"$with_node" "$python" node_modules/.bin/esbuild phones.js player.js --bundle --format=iife --platform=browser --log-level=warning --outdir=..
touch ../phones.js
