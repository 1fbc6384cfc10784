#!/bin/sh
# Install the Debian or Ubuntu packages that are missing: `install_packages.sh build|test|fuzz|fresh`.
# Installs nothing, and asks for no rights, when nothing is missing.
set -eu

build="gcc:gcc make:make"
python_dev="python3-dev python3-venv"
sounds="wav:asterisk-core-sounds-en-wav g722:asterisk-core-sounds-en-g722"
test="baresip:baresip-core sipp:sip-tester chromium:chromium curl:curl jq:jq ip:iproute2 unshare:util-linux psql:postgresql espeak-ng:espeak-ng"
fuzz="clang:clang"
fresh="mmdebstrap:mmdebstrap git:git unshare:util-linux"

missing=""
need() {
	for pair in "$@"; do
		command -v "${pair%%:*}" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 ||
			missing="$missing ${pair#*:}"
	done
}

# Prompts with known words, for speech to text: the kinds of one of them.
need_sounds() {
	for pair in "$@"; do
		[ -e "/usr/share/asterisk/sounds/en_US_f_Allison/agent-pass.${pair%%:*}" ] || missing="$missing ${pair#*:}"
	done
}

need_python_headers() {
	"${PYTHON:-python3}" - <<-'CHECK' >/dev/null 2>&1 || missing="$missing $python_dev"
		import ensurepip, os, sysconfig, venv
		assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
	CHECK
}

case "${1:-build}" in
build) need $build && need_python_headers ;;
test) need $build $test && need_sounds $sounds && need_python_headers ;;
fresh) need $fresh ;;
fuzz) need $fuzz
	ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1 ||
		missing="$missing $(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/libclang-rt-\1-dev/p')" ;;
*) echo "usage: $0 build|test|fuzz|fresh" >&2; exit 2 ;;
esac

[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "Please install these (so called by Debian) with your system's package manager, then try again:$missing" >&2
	exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "Please run this as root, then try again: apt-get install$missing" >&2; exit 1; }
	sudo="sudo"
fi
echo "Installing:$missing" >&2
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
