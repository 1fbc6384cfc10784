#!/bin/sh
# Prove README's two commands, `make run` and `make test`, on a bare Debian root: fresh.sh [PYTEST ARGUMENTS]
#
# The root contains Debian's minimal packages, make, Python and the committed tree (HEAD). Everything else that the two
# commands need they must install. The commands run in mount and process namespaces of their own, so that nothing they
# mount, start or install remains on this machine. Needs root.
#
#   FRESH_DIR    folder in which the root is made (build/fresh); it must not exist, and is removed at the end
#   FRESH_SUITE  release of Debian or Ubuntu, for example trixie (the release of this machine)
set -eu
cd "$(dirname "$0")/.."

fail() {
	echo "fresh: $*" >&2
	exit 1
}

[ "$(id -u)" = 0 ] || fail "making a root file system needs root: run it as root"
tools/install_packages.sh fresh

suite=${FRESH_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
root=$(realpath -m "${FRESH_DIR:-build/fresh}")
[ ! -e "$root" ] || fail "$root exists: remove it, or set FRESH_DIR to another folder"

# Everything started here runs in the process namespace of $namespace. The kernel ends all of it with its first process,
# and removes the mount namespace with the last one: only afterwards is the folder removed.
namespace=""
cleanup() {
	[ -z "$namespace" ] || { kill -KILL "$namespace" && wait "$namespace"; } 2>/dev/null || true
	rm -rf --one-file-system "$root"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

echo "fresh: making a bare root ($suite) in $root"
mkdir -p "$(dirname "$root")"
mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates,make,python3 "$suite" "$root"

# How this machine reaches its package registries: apt's, pip's and npm's settings, host names, certificates.
for settings in /etc/apt/apt.conf.d /etc/pip.conf /etc/xdg/pip /root/.config/pip /root/.npmrc /usr/etc/npmrc /etc/resolv.conf \
	/etc/hosts /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt; do
	[ -e "$settings" ] || continue
	mkdir -p "$root$(dirname "$settings")"
	cp -rL "$settings" "$root$(dirname "$settings")/"
done
# No package starts a service in the root.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

mkdir "$root/root/mixminus"
git archive --output="$root/root/mixminus.tar" HEAD
tar -xf "$root/root/mixminus.tar" -C "$root/root/mixminus"
cp tools/fresh_inside.sh "$root/root/fresh_inside.sh"

# The environment of a new login, and of this machine's environment only what says how to reach the registries.
environment=$(env | grep -E '^((https?|no|all)_proxy|(HTTPS?|NO|ALL)_PROXY|PIP_[A-Z_]+|npm_config_[a-z_]+)=|^(SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)=' || true)
printf '%s\n' "HOME=/root" "LANG=C.UTF-8" "TERM=dumb" "CI=${CI:-}" "$environment" \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" > "$root/root/environment"

# Local package indexes named in pip's settings are mounted read-only at the same path; an index refers to files beside it.
indexes=$(python3 -m pip config list 2>/dev/null | grep -oE "(file://)?/[A-Za-z0-9/_.-]+" | sed 's,^file://,,; s,/simple/*$,,' | sort -u || true)

export root indexes
unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
	mount --bind "$root" "$root" # so that / is a mount point inside, as a test needs that unshares mounts
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/dev/shm"
	mount -t tmpfs tmpfs "$root/run"
	for index in $indexes; do
		[ -d "$index" ] || continue
		mkdir -p "$root$index"
		mount --bind -o ro "$index" "$root$index"
	done
	while IFS= read -r line; do
		[ -z "$line" ] || set -- "$line" "$@"
	done < "$root/root/environment"
	exec env -i "$@"
' fresh chroot "$root" sh /root/fresh_inside.sh "$@" &
namespace=$!
wait "$namespace" || { namespace=""; fail "failed: see above"; }
namespace=""
echo "fresh: both commands work on a bare root"
