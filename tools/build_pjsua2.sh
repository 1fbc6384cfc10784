#!/usr/bin/env bash
# Build a pjsua2 that takes many calls a process, and install it into a Python environment in place of the wheel's.
#
#   tools/build_pjsua2.sh [PYTHON] [CALLS]        (default: .venv/bin/python, 64 calls)
#
# The wheel on PyPI is compiled for four calls a process, so a server of 1,000 calls runs 250 SIP workers. The server asks
# the library for its capacity: with this build it runs 17, in a sixth of the memory. A crash then ends up to 64 calls.
#
# Needs root for Debian's packages, and takes a few minutes. The source is Debian's copy of pjproject (part of the source
# package asterisk, checked by apt), or the folder PJPROJECT. Go back with `pip install --force-reinstall pjsua2-python`.
set -euo pipefail
python=$(realpath -s "${1:-.venv/bin/python}")
calls=${2:-64}
work=$(mktemp -d /tmp/build-pjsua2.XXXXXX)
trap 'rm -rf "$work"' EXIT
log=$work/log
quietly() { "$@" >>"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "failed: $*" >&2; exit 1; }; }

echo "1/5 packages"
quietly apt-get install -y --no-install-recommends gcc g++ make swig libssl-dev xz-utils dpkg-dev

echo "2/5 source"
if [ -z "${PJPROJECT:-}" ]; then
	mkdir -p "$work/lists/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main" >"$work/sources.list"
	apt=(apt-get -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
	quietly "${apt[@]}" update
	(cd "$work" && quietly "${apt[@]}" source --download-only asterisk)
	quietly tar -C "$work" -xf "$work"/asterisk_*.orig-Xpjproject.tar.xz
	PJPROJECT=$(echo "$work"/pjsip-pjproject-*)
else
	cp -r "$PJPROJECT" "$work/pjproject"
	PJPROJECT=$work/pjproject
fi

echo "3/5 libraries"
cd "$PJPROJECT"
# No media passes pjsua2: it needs one codec, and neither sound devices, video, SRTP nor resampling.
cat >pjlib/include/pj/config_site.h <<EOF
#define PJSUA_MAX_CALLS $calls
#define PJSUA_MAX_ACC 4
#define PJMEDIA_HAS_VIDEO 0
#define PJMEDIA_HAS_SRTP 0
EOF
touch pjmedia/src/pjmedia-audiodev/bdimad_dev.c # not in Debian's copy, and never compiled in
quietly ./configure CFLAGS="-O2 -fPIC" CXXFLAGS="-O2 -fPIC" --disable-shared --disable-sound --disable-video \
	--disable-libsrtp --disable-upnp --disable-libwebrtc --disable-libyuv --disable-speex-aec --disable-resample \
	--disable-speex-codec --disable-ilbc-codec --disable-gsm-codec --disable-l16-codec --disable-g722-codec \
	--disable-g7221-codec --disable-opus
quietly make dep
quietly make -j"$(nproc)" lib

echo "4/5 Python module"
cd pjsip-apps/src/swig/python
quietly make pjsua2_wrap.cpp PYTHON_EXE="$python"
quietly "$python" -m pip install --quiet setuptools
quietly "$python" setup.py build

echo "5/5 installation"
built=$PWD
cd / # the folder of the build shadows the installed package
target=$("$python" -c 'import pathlib, pjsua2; print(pathlib.Path(pjsua2.__file__).parent)')
install -m 644 "$built/pjsua2.py" "$target/pjsua2.py"
install -m 755 "$built"/build/lib*/_pjsua2*.so "$target/"
quietly "$python" -c 'import pjsua2; pjsua2.Endpoint().libCreate()'
echo "pjsua2 takes $calls calls a process now; restart the server"
