#!/bin/sh
# Bundle JsSIP and SIP.js for the end-to-end tests: tests/browser_phones -> build/browser_phones/phones.js
set -eu
cd "$(dirname "$0")/.."
out=build/browser_phones
bundle=$out/phones.js
if [ -e "$bundle" ] && [ -z "$(find tests/browser_phones -newer "$bundle")" ]; then
	exit 0
fi

mkdir -p "$out/source"
cp tests/browser_phones/* "$out/source"
cd "$out/source"
npm ci --silent --no-audit --no-fund
node_modules/.bin/esbuild phones.js --bundle --format=iife --platform=browser --log-level=warning --outfile=../phones.js
touch ../phones.js
