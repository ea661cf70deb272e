# SPDX-License-Identifier: MIT
# curl against python's http.server on loopback: keep-alive, ranges, posts.
# needs: python3 curl
mkdir root; seq 50000 > root/numbers; echo '<p>page' > root/index.html
python3 -u -m http.server --bind 127.0.0.1 --directory root "$PORT" \
	> server.log 2>&1 &
url=http://127.0.0.1:$PORT
curl -s --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 20 \
	--max-time 20 -o /dev/null $url/ || exit 1
curl -s $url/index.html $url/numbers | cksum
curl -s -o out -w '%{http_code} %{size_download} %{time_total}\n' $url/numbers
cmp out root/numbers && echo same
curl -s -I $url/ | head -1
curl -s -f $url/missing; echo $?
curl -s -d field=1 $url/ | grep -c 501
curl -s file://$PWD/root/index.html
kill $!; wait $!; echo $?
wc -l < server.log
