# SPDX-License-Identifier: MIT
# busybox: a forking web server that became a daemon, and wget.
# needs: busybox
mkdir www; seq 20000 > www/numbers
busybox httpd -p 127.0.0.1:$PORT -h www -f &
until busybox wget -q -O out http://127.0.0.1:$PORT/numbers; do
	sleep 0.05
done
cmp out www/numbers && echo same
busybox wget -q -O /dev/null http://127.0.0.1:$PORT/missing; echo $?
kill $!; wait $!; echo $?
