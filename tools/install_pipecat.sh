#!/bin/sh
# Install pipecat's serializers for the end-to-end tests: install_pipecat.sh PYTHON; into build/pipecat, without the models and
# clouds that pipecat also needs.
set -eu
cd "$(dirname "$0")/.."
python=$1
out=build/pipecat
if [ -e "$out/installed" ]; then
	exit 0
fi
"$python" -m pip install --quiet --no-deps --target "$out" pipecat-ai==1.14.0 aiofiles docstring_parser loguru loudness \
	Pillow sentencex soxr wait_for2
touch "$out/installed"
