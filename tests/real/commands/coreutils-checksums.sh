# SPDX-License-Identifier: MIT
# Code chosen by CPU features: cksum, the SHA family, BLAKE2, base64.
# output: fixed
head -c 3000000 /dev/zero > zeros
for sum in cksum sum md5sum sha1sum sha256sum sha512sum b2sum; do
	$sum zeros
done
base64 zeros | base64 -d | cmp - zeros && echo same
base32 < zeros | md5sum
