#!/bin/sh
# Prove README's two commands, `make run` and `make test`, on a bare Debian root: fresh.sh [PYTEST ARGUMENTS]
#
# The root has Debian's minimal packages, make and Python, and the committed tree: whatever else the two commands need, they
# install. It lives in its own mount and process namespaces, so nothing of it stays on this machine. Needs root.
#
#   FRESH_DIR    where the root is made (build/fresh); removed afterwards
#   FRESH_SUITE  Debian's release (that of this machine)
set -eu
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo "fresh.sh: run it as root: it makes a root file system of its own" >&2; exit 1; }
tools/install_packages.sh fresh

suite=${FRESH_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
root=$(realpath -m "${FRESH_DIR:-build/fresh}")
case "$root" in /|/bin*|/boot*|/dev*|/etc*|/home|/lib*|/proc*|/root|/sbin*|/sys*|/usr*|/var) echo "fresh.sh: refusing $root as FRESH_DIR" >&2; exit 2 ;; esac
[ ! -e "$root" ] || { echo "fresh.sh: $root exists; remove it first" >&2; exit 1; }
mkdir -p "$(dirname "$root")"
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 1' HUP INT TERM

echo "fresh: making a bare root of Debian $suite"
mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates,make,python3 "$suite" "$root"

# How this machine reaches its package registries.
for settings in /etc/apt/apt.conf.d /etc/pip.conf /etc/xdg/pip /root/.config/pip /root/.npmrc /usr/etc/npmrc /etc/resolv.conf \
	/etc/hosts /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt; do
	[ -e "$settings" ] || continue
	mkdir -p "$root$(dirname "$settings")"
	cp -rL "$settings" "$root$(dirname "$settings")/"
done
rm -f "$root"/etc/apt/apt.conf.d/*docker*
# Nothing in the root starts a service.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

mkdir -p "$root/root/mixminus"
git archive HEAD | tar -x -C "$root/root/mixminus"
cp tools/fresh_inside.sh "$root/root/fresh_inside.sh"

# Local package indexes that pip's settings name are mounted where they are named; an index refers to files beside it.
indexes=$(python3 -m pip config list 2>/dev/null | grep -oE "(file://)?/[A-Za-z0-9/_.-]+" | sed 's,^file://,,; s,/simple/*$,,' | sort -u || true)
export root indexes
unshare --mount --propagation private --pid --fork sh -eu -c '
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/run"
	for index in $indexes; do
		[ -d "$index" ] || continue
		mkdir -p "$root$index"
		mount --bind -o ro "$index" "$root$index"
	done
	exec env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		CI="${CI:-}" $(env | grep -E "^(https?|no|all)_proxy=|^(HTTPS?|NO|ALL)_PROXY=|^PIP_[A-Z_]*=|^(SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)=" || true) \
		chroot "$root" sh /root/fresh_inside.sh "$@"
' fresh "$@"
echo "fresh: both commands work on a bare root"
