#!/bin/sh
# Build the engine with clang's ThreadSanitizer, and let its threads work against each other:
#
#   tests/races/run.sh [SECONDS]
#
# A race ends it with an error and both stacks. Nothing is suppressed.
set -eu

races=$(cd "$(dirname "$0")" && pwd)
native=$races/../../native
build=$native/../build/races
mkdir -p "$build/objects"

# libsrtp, with AES-GCM, is in a wheel's extension module, which needs the symbols of Python.
python=${PYTHON:-python3}
MIXMINUS_SRTP_PATH=$("$python" -c 'from mixminus.mixer.libraries import find_libraries; print(find_libraries().srtp_path)')
export MIXMINUS_SRTP_PATH
python_library=$("$python" -c 'import sysconfig; print("python" + sysconfig.get_config_var("LDVERSION"))')

flags="-std=c11 -g -O1 -fno-omit-frame-pointer -fsanitize=thread -I$native"
for source in "$native"/*/*.c; do
	object=$build/objects/$(basename "$source" .c).o
	if [ ! -e "$object" ] || [ -n "$(find "$native" -newer "$object" -name '*.[ch]')" ]; then
		clang $flags -c "$source" -o "$object"
	fi
done
for program in rings engine trunks; do
	clang $flags "$races/$program.c" "$build"/objects/*.o -o "$build/$program" -lm -lpthread -ldl \
		-Wl,--no-as-needed "-l$python_library"
	echo "looking for races: $program"
	TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1" "$build/$program" "${1:-10}"
done
