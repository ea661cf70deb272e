# SPDX-License-Identifier: MIT
# haproxy, three threads and a master, before lighttpd with two workers.
# needs: haproxy lighttpd curl ss setsid
# long
echo page > index.html; seq 30000 > numbers
cat > web <<END
server.document-root = "$PWD"
server.bind = "$PWD/web.socket"
server.pid-file = "$PWD/web.pid"
server.max-worker = 2
index-file.names = ("index.html")
END
cat > proxy <<END
global
	nbthread 3
	pidfile $PWD/proxy.pid
defaults
	mode http
	timeout connect 20s
	timeout client 20s
	timeout server 20s
frontend outside
	bind 127.0.0.1:$PORT
	default_backend inside
backend inside
	balance roundrobin
	server one unix@$PWD/web.socket check inter 200ms
	server two unix@$PWD/web.socket check inter 300ms
END
url=http://127.0.0.1:$PORT
setsid lighttpd -D -f "$PWD/web" &
until test -S web.socket; do sleep 0.02; done
haproxy -f "$PWD/proxy" -W -D
get() { curl -s --no-progress-meter --retry 30 --retry-connrefused --max-time 20 "$@"; }
get $url/
get --parallel --parallel-max 9 "$url/numbers?[1-40]" | md5sum
kill -USR2 "$(cat proxy.pid)"; sleep 0.2
get --parallel --parallel-max 9 "$url/numbers?[1-40]" | md5sum
kill -TERM "$(cat proxy.pid)"
while ss -Hltn "sport = $PORT" | grep -q .; do sleep 0.02; done
kill -TERM "$(cat web.pid)"; wait
