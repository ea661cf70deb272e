# SPDX-License-Identifier: MIT
# nginx: master and two workers, files by sendfile, reload, and curl.
# needs: nginx curl
mkdir www temp; seq 30000 > www/numbers; echo page > www/index.html
cat > nginx.conf <<END
$(test "$(id -u)" != 0 || echo 'user root;')
worker_processes 2;
pid $PWD/nginx.pid;
error_log $PWD/error.log;
events { worker_connections 64; }
http {
	access_log $PWD/access.log;
	sendfile on;
	gzip on;
	gzip_types text/plain;
	default_type text/plain;
	client_body_temp_path temp/body;
	proxy_temp_path temp/proxy;
	fastcgi_temp_path temp/fastcgi;
	uwsgi_temp_path temp/uwsgi;
	scgi_temp_path temp/scgi;
	server {
		listen 127.0.0.1:$PORT;
		root $PWD/www;
		location /again/ { proxy_pass http://127.0.0.1:$PORT/; }
	}
}
END
run() { nginx -p "$PWD" -e error.log -c "$PWD/nginx.conf" "$@"; }
run || exit 1
url=http://127.0.0.1:$PORT
curl -s --retry 30 --retry-connrefused --max-time 20 $url/ || exit 1
curl -s $url/numbers | cmp - www/numbers && echo same
curl -s --compressed $url/again/numbers | cmp - www/numbers && echo proxied
curl -s -r 10-19 $url/numbers | od -An -c
curl -s -o /dev/null -w '%{http_code}\n' $url/missing
curl -s $url/[1-5] | grep -c '404 Not Found'
run -s reload; sleep 0.2
curl -s --max-time 20 $url/
run -s quit
while test -e nginx.pid; do sleep 0.02; done
wc -l < access.log
