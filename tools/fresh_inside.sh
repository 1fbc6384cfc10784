#!/bin/sh
# Run README's two commands as a new user does; called by fresh.sh inside the bare root.
set -eu
cd /root/mixminus

echo "fresh: make run"
make run > /root/run.log 2>&1 &
make_pid=$!
ping() {
	python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:8080/ping", timeout=2).read()' 2>/dev/null
}
waited=0
until ping; do
	kill -0 "$make_pid" 2>/dev/null || { cat /root/run.log; echo "fresh: make run ended" >&2; exit 1; }
	[ "$waited" -lt 900 ] || { cat /root/run.log; echo "fresh: no answer after 15 minutes" >&2; exit 1; }
	sleep 2
	waited=$((waited + 2))
done
for word in "API" "Access key" "Demo room" "Join page"; do
	grep -q "$word" /root/run.log || { cat /root/run.log; echo "fresh: make run did not print: $word" >&2; exit 1; }
done
server_pid=$(cat /proc/"$make_pid"/task/"$make_pid"/children | tr -d ' ')
kill -TERM "$server_pid"
wait "$make_pid" || { cat /root/run.log; echo "fresh: the server did not stop in order" >&2; exit 1; }
echo "fresh: the server ran, and stopped in order"

echo "fresh: make test"
if [ "$#" -gt 0 ]; then make test ARGS="$*"; else make test; fi
