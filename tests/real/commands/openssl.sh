# SPDX-License-Identifier: MIT
# openssl: keys, certificates, signatures, encryption, random numbers.
# needs: openssl
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa.pem \
	2> /dev/null
openssl ecparam -genkey -name prime256v1 -noout -out ec.pem
openssl req -new -x509 -key ec.pem -subj /CN=test -days 1 -out cert.pem
openssl x509 -in cert.pem -noout -fingerprint
echo message > message
for key in rsa ec; do
	openssl pkey -in $key.pem -pubout -out $key.pub
	openssl dgst -sha256 -sign $key.pem -out sig message
	openssl dgst -sha256 -verify $key.pub -signature sig message
done
openssl enc -aes-256-gcm -k x < /dev/null 2>&1 | head -1
openssl enc -aes-256-cbc -pbkdf2 -k secret -in /etc/passwd -out sealed
openssl enc -d -aes-256-cbc -pbkdf2 -k secret -in sealed | cmp - /etc/passwd &&
	echo same
openssl rand -hex 16
openssl dgst -sha3-256 /bin/ls | wc -w
openssl prime -generate -bits 128
