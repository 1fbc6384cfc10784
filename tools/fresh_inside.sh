#!/bin/sh
# Run README's two commands as a new user does: fresh_inside.sh [PYTEST ARGUMENTS], called by fresh.sh inside the bare root.
set -eu
cd /root/mixminus
log=/root/run.log
start_limit_s=900

fail() {
	[ ! -e "$log" ] || cat "$log"
	echo "fresh: $*" >&2
	exit 1
}

# fetch URL: succeed if it answers. The root has no curl yet.
fetch() {
	python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5).read()' "$1" 2>/dev/null
}

# printed LABEL PATTERN: print what the server's banner says after LABEL, or nothing.
printed() {
	sed -n "s,^  $1  *\($2\).*,\1,p" "$log" | head -n 1
}

# The root shares this machine's network, because the commands install packages.
! fetch http://127.0.0.1:8080/ping || fail "another server answers on port 8080 of this machine: stop it first"

echo "fresh: make run"
make run > "$log" 2>&1 &
make_pid=$!
waited_s=0
until [ -n "$(printed API http://)" ]; do
	kill -0 "$make_pid" 2>/dev/null || fail "make run ended before the server started"
	[ "$waited_s" -lt "$start_limit_s" ] || fail "the server did not start within $start_limit_s seconds"
	sleep 1
	waited_s=$((waited_s + 1))
done
api=$(printed API 'http://[^ ]*')
sip=$(printed 'Demo room' 'sip:[^ ]*')
page=$(printed 'Join page' 'http://[^ ]*')
[ -n "$sip" ] || fail "make run printed no SIP address"
[ -n "$page" ] || fail "make run printed no join page"
fetch "${api%/v*}/ping" || fail "the server does not answer ${api%/v*}/ping"
fetch "${page%%#*}" || fail "the server does not answer ${page%%#*}"

# make has one child, the server, which stops on SIGTERM and then exits with 0.
server_pid=$(tr -d ' ' < "/proc/$make_pid/task/$make_pid/children")
kill -TERM "$server_pid"
wait "$make_pid" || fail "the server did not stop cleanly"
echo "fresh: the server started within $waited_s seconds, answered at $api and $sip, and stopped"

echo "fresh: make test"
if [ "$#" -gt 0 ]; then
	make test ARGS="$*"
else
	make test
fi
