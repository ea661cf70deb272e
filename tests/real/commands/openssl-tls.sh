# SPDX-License-Identifier: MIT
# openssl s_server and s_client: a handshake over loopback.
# needs: openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-keyout key.pem -out cert.pem -subj /CN=localhost 2> /dev/null
openssl s_server -accept 127.0.0.1:$PORT -key key.pem -cert cert.pem -www \
	-naccept 1 > /dev/null 2>&1 &
server=$!
until printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -quiet \
	-CAfile cert.pem -connect 127.0.0.1:$PORT > page 2> errors; do
	sleep 0.05
done
grep -c 'Cipher' page
grep 'verify return' errors | head -1
wait $server; echo $?
