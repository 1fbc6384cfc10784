#!/usr/bin/env bash
# update_swagger_ui.sh VERSION: replace the viewer of the API reference (/docs) by another version of Swagger UI.
#
# Its files are kept in the repository, so that neither the build nor the server needs npm or a CDN.
# Afterwards: run tests/console, and open /docs.
set -euo pipefail
version=${1:?usage: tools/update_swagger_ui.sh VERSION}
console=$(cd "$(dirname "$0")/../src/console" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "swagger-ui-dist@$version" >/dev/null
tar xzf swagger-ui-dist-*.tgz
cd package
# The source maps are not served.
for file in swagger-ui-bundle.js swagger-ui.css; do
	sed -E '/^\/[\/*]# sourceMappingURL=/d' "$file" >"$console/$file"
done
{
	echo "Swagger UI $version, from the npm package swagger-ui-dist."
	echo
	cat NOTICE
	echo
	cat LICENSE
	echo
	echo "Licences of the software in swagger-ui-bundle.js:"
	echo
	cat swagger-ui-bundle.js.LICENSE.txt
} >"$console/swagger-ui.LICENSE"
