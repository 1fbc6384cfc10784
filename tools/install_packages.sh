#!/bin/sh
# Install the Debian or Ubuntu packages that are missing: install_packages.sh build|debug|test|bench|fuzz|fresh
#
# Every file that the build, the tests, bench/ and tools/ use outside Python comes from a package named here.
# When nothing is missing, this installs nothing and needs no rights.
set -eu

# Recorded speech: at 8 kHz (.wav), at 16 kHz (.g722), and what is said in it (in /usr/share/doc).
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
missing=""

# need_command COMMAND PACKAGE: PACKAGE is missing if COMMAND is not found, in /usr/sbin and /sbin either.
need_command() {
	(PATH="$PATH:/usr/sbin:/sbin" && command -v "$1") >/dev/null 2>&1 || missing="$missing $2"
}

# need_file PATTERN PACKAGE: PACKAGE is missing if no file matches PATTERN.
need_file() {
	ls $1 >/dev/null 2>&1 || missing="$missing $2"
}

need_python_headers() {
	"${PYTHON:-python3}" - <<-'CHECK' >/dev/null 2>&1 || missing="$missing python3-dev python3-venv"
		import ensurepip, os, sysconfig, venv
		assert os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
	CHECK
}

# Ubuntu's Chromium is a snap, whose package is named chromium-browser; Debian has one without windows.
need_chromium() {
	if grep -qs '^ID=ubuntu' /etc/os-release; then
		command -v chromium >/dev/null 2>&1 || need_command chromium-browser chromium-browser
	else
		need_command chromium-headless-shell chromium-headless-shell
	fi
}

# Ubuntu's Firefox is a snap; Debian's is the release with extended support.
need_firefox() {
	command -v firefox-esr >/dev/null 2>&1 || command -v firefox >/dev/null 2>&1 ||
		if grep -qs '^ID=ubuntu' /etc/os-release; then missing="$missing firefox"; else missing="$missing firefox-esr"; fi
}

build() {
	need_command gcc gcc
	need_command make make
	need_python_headers
}

debug() {
	build
	need_file "$sounds/agent-pass.wav" asterisk-core-sounds-en-wav
}

test_() {
	debug
	need_command baresip baresip-core
	need_command linphonec linphone-cli
	need_command twinkle-console twinkle-console
	need_command pulseaudio pulseaudio
	need_command parec pulseaudio-utils
	need_file "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so" libasound2-plugins
	need_file "/usr/lib/*/gstreamer-1.0/libgstnice.so" gstreamer1.0-nice
	need_file "/usr/lib/*/gstreamer-1.0/libgstwebrtc.so" gstreamer1.0-plugins-bad
	need_file "/usr/lib/*/gstreamer-1.0/libgstopus.so" gstreamer1.0-plugins-base
	need_file "/usr/lib/*/gstreamer-1.0/libgstrtp.so" gstreamer1.0-plugins-good
	need_file "/usr/lib/*/girepository-1.0/GstWebRTC-1.0.typelib" gir1.2-gst-plugins-bad-1.0
	need_file /usr/lib/python3/dist-packages/gi/__init__.py python3-gi
	need_command turnserver coturn
	need_command kamailio kamailio
	need_command docker-compose docker-compose
	need_command dnsmasq dnsmasq-base
	need_command icecast2 icecast2
	need_command sipp sip-tester
	need_command tshark tshark
	need_chromium
	need_firefox
	need_command curl curl
	need_command jq jq
	need_command ip iproute2
	need_command unshare util-linux
	need_command systemd-analyze systemd
	need_command mkfs.ext4 e2fsprogs
	need_command promtool prometheus
	need_command psql postgresql-client
	need_file "/usr/lib/postgresql/*/bin/postgres" postgresql
	need_command espeak-ng espeak-ng
	need_file /usr/share/buckle/wav/10-1.wav bucklespring-data
	need_command apertium apertium
	need_file /usr/share/apertium/modes/eng-spa.mode apertium-eng-spa
	need_file "$sounds/agent-pass.g722" asterisk-core-sounds-en-g722
	need_file /usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz asterisk-core-sounds-en
}

bench() {
	test_
	for voice in es_MX_f_Allison fr_CA_f_June it_IT_m_Carlo; do
		language=${voice%%_*}
		need_file "/usr/share/asterisk/sounds/$voice/agent-pass.wav" "asterisk-core-sounds-$language-wav"
		need_file "/usr/share/doc/asterisk-core-sounds-$language/core-sounds-$language.txt.gz" "asterisk-core-sounds-$language"
	done
}

fuzz() {
	need_command clang clang
	need_file "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a" libclang-rt-dev
	need_file "/usr/lib/*/libsrtp2.so.1" libsrtp2-1
}

fresh() {
	need_command mmdebstrap mmdebstrap
	need_command git git
	need_command unshare util-linux
	need_command mount mount
}

case "${1:-build}" in
build | debug | bench | fuzz | fresh) "${1:-build}" ;;
test) test_ ;;
*) echo "usage: $0 build|debug|test|bench|fuzz|fresh" >&2; exit 2 ;;
esac

[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "These packages are missing (Debian's names):$missing" >&2
	echo "Install them with this system's package manager, then try again." >&2
	exit 1
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "Packages are missing. Run as root: apt-get install$missing" >&2; exit 1; }
	sudo="sudo"
fi
echo "Installing:$missing" >&2
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
