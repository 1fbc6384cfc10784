#!/bin/sh
# Build the sdist and a wheel from it, and try the wheel in a new virtual environment, without the source: try_wheel.sh PYTHON
set -eu
python=$1
rm -rf build/artefacts && mkdir -p build/artefacts
"$python" -m pip wheel -q --no-deps --no-build-isolation -w build/artefacts .
"$python" setup.py -q sdist -d build/artefacts
sdist=$(ls "$PWD"/build/artefacts/*.tar.gz)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m pip wheel -q --no-deps --no-build-isolation -w "$scratch" "$sdist"
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install -q "$scratch"/*.whl
cd "$scratch"
venv/bin/python -I -W error -c "import mixminus.mixer; mixminus.mixer.Engine().close()"
venv/bin/mixminus --help >/dev/null
for needed in py.typed mixer/_engine.pyi console/join.html console/built/index.html console/guide/index.html store/migrations/env.py; do
	venv/bin/python -I -c "import mixminus, pathlib, sys; sys.exit(not (pathlib.Path(mixminus.__file__).parent / '$needed').exists())" ||
		{ echo "the wheel lacks $needed" >&2; exit 1; }
done
echo "the wheel works: $(basename "$scratch"/*.whl)"
