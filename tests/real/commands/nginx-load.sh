# SPDX-License-Identifier: MIT
# nginx under load: three workers with thread pools, many connections.
# needs: nginx ab curl cmp
# long
mkdir www temp; echo page > www/index.html
head -c 1000000 /dev/urandom > www/big
cat > nginx.conf <<END
$(test "$(id -u)" != 0 || echo 'user root;')
worker_processes 3;
pid $PWD/nginx.pid;
error_log $PWD/error.log;
events { worker_connections 256; }
http {
	access_log $PWD/access.log;
	sendfile on;
	aio threads;
	directio 64k;
	client_body_temp_path temp/body;
	proxy_temp_path temp/proxy;
	fastcgi_temp_path temp/fastcgi;
	uwsgi_temp_path temp/uwsgi;
	scgi_temp_path temp/scgi;
	server {
		listen 127.0.0.1:$PORT reuseport;
		root $PWD/www;
		location /again/ { proxy_pass http://127.0.0.1:$PORT/; }
	}
}
END
run() { nginx -p "$PWD" -e error.log -c "$PWD/nginx.conf" "$@"; }
run || exit 1
url=http://127.0.0.1:$PORT
ab -q -r -n 1500 -c 50 $url/ | grep 'Failed requests: *0'
ab -q -r -n 200 -c 30 $url/again/index.html | grep 'Failed requests: *0'
curl -s --no-progress-meter --parallel --parallel-max 8 "$url/big?[1-20]" -o 'got#1'
for got in got*; do cmp $got www/big && echo same; done
run -s reload
ab -q -r -n 300 -c 50 -k $url/ | grep 'Failed requests: *0'
run -s quit
while test -e nginx.pid; do sleep 0.02; done
