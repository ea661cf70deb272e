# SPDX-License-Identifier: MIT
# tar through gzip in another process, back again, and compared.
# needs: gzip
# output: fixed
tar -C /usr/include -czf headers.tgz linux
mkdir out
tar -C out -xzf headers.tgz && diff -r out/linux /usr/include/linux && echo same
gzip -9 < /usr/include/stdio.h | gzip -dc | cmp - /usr/include/stdio.h
tar -tzf headers.tgz | sort | cksum
gzip -l headers.tgz | wc -l
