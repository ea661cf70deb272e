# SPDX-License-Identifier: MIT
# busybox: a forking web server that became a daemon, and wget.
# needs: busybox
mkdir www; seq 20000 > www/numbers
busybox httpd -p 127.0.0.1:$PORT -h www -f &
for try in 1 2 3 4 5 6 7 8 9 10; do
	busybox wget -q -O out http://127.0.0.1:$PORT/numbers && break
	sleep 0.1
done
cmp out www/numbers && echo same
busybox wget -q -O /dev/null http://127.0.0.1:$PORT/missing; echo $?
kill $!; wait $!; echo $?
