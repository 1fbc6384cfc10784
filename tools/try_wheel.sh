#!/bin/sh
# Build the sdist and from it a manylinux wheel, try the wheel in a new virtual environment, without the source, and
# write its bill of materials (CycloneDX): try_wheel.sh PYTHON; the results are in build/artefacts
set -eu
python=$1
bin=$(dirname "$python")
rm -rf build/artefacts && mkdir -p build/artefacts
"$python" setup.py -q sdist -d build/artefacts
sdist=$(ls "$PWD"/build/artefacts/*.tar.gz)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" -m pip wheel -q --no-deps --no-build-isolation -w "$scratch" "$sdist"
# The tag says which glibc is needed at least, as the symbols of the engine show; there is no other library to bundle.
PATH="$bin:$PATH" "$python" -m auditwheel repair --wheel-dir "$PWD/build/artefacts" "$scratch"/*.whl
wheel=$(ls "$PWD"/build/artefacts/*manylinux*.whl) || { echo "the wheel is not a manylinux wheel" >&2; exit 1; }
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install -q "$wheel"
sbom=${wheel%.whl}.cdx.json
"$python" -m cyclonedx_py environment --of JSON --output-reproducible --mc-type application --pyproject pyproject.toml -o "$sbom" "$scratch/venv/bin/python"
"$python" tools/check_sbom.py "$sbom"
cd "$scratch"
venv/bin/python -I -W error -c "import mixminus.mixer; mixminus.mixer.Engine().close()"
venv/bin/mixminus --help >/dev/null
for needed in py.typed mixer/_engine.pyi console/join.html console/built/index.html console/guide/index.html store/migrations/env.py; do
	venv/bin/python -I -c "import mixminus, pathlib, sys; sys.exit(not (pathlib.Path(mixminus.__file__).parent / '$needed').exists())" ||
		{ echo "the wheel lacks $needed" >&2; exit 1; }
done
echo "the wheel works: $(basename "$wheel"), with $(basename "$sbom")"
