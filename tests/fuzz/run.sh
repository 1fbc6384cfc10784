#!/bin/sh
# Build every fuzz target with clang and the sanitizers, and run each for a while:
#
#   tests/fuzz/run.sh [SECONDS] [TARGET...]
#
# The checked-in corpus is only read; what is found goes to build/fuzz. A crash
# leaves its input in build/fuzz/TARGET-crash-* and ends this script with an error.
set -eu

seconds=${1:-30}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- rtp rtcp dtmf jbuf receiver srtp mux ice_tcp port

fuzz=$(cd "$(dirname "$0")" && pwd)
native=$fuzz/../../native
build=$native/../build/fuzz
mkdir -p "$build/engine"

flags="-std=c11 -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -I$native"
for source in "$native"/*/*.c; do
	object=$build/engine/$(basename "$source" .c).o
	if [ ! -e "$object" ] || [ -n "$(find "$native" -newer "$object" -name '*.[ch]')" ]; then
		clang $flags -fsanitize=fuzzer-no-link -c "$source" -o "$object"
	fi
done

# libopus comes from PyAV's wheel, as in production; without it the receiver has no Opus. The wheel of libsrtp is a
# Python module, which a program without Python cannot load: the system's is used.
if [ -z "${MIXMINUS_OPUS_PATH:-}" ]; then
	MIXMINUS_OPUS_PATH=$("${PYTHON:-python3}" - <<'PY' || true
import importlib.util, pathlib
spec = importlib.util.find_spec("av")
if spec and spec.origin:
    print(*sorted(pathlib.Path(spec.origin).parent.with_name("av.libs").glob("libopus-*.so*"))[:1], end="")
PY
	)
	export MIXMINUS_OPUS_PATH
	[ -n "$MIXMINUS_OPUS_PATH" ] || echo "no libopus: the receiver is fuzzed without Opus (make dev brings it)"
fi
export MIXMINUS_SRTP_PATH="${MIXMINUS_SRTP_PATH:-libsrtp2.so.1}"

for target; do
	clang $flags -fsanitize=fuzzer "$fuzz/$target.c" "$build"/engine/*.o \
		-o "$build/$target" -lm -lpthread -ldl
	mkdir -p "$build/corpus-$target"
	echo "fuzzing $target for $seconds s"
	"$build/$target" -max_total_time="$seconds" -timeout=10 -max_len=4096 -print_final_stats=0 -verbosity=0 \
		-artifact_prefix="$build/$target-" "$build/corpus-$target" "$fuzz/corpus/$target"
done
