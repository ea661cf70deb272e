# SPDX-License-Identifier: MIT
# tar through zstd with its threads, xattrs and owners kept.
# needs: zstd
# output: fixed
tar -C /usr/include --zstd -cf headers.tzst linux
mkdir out
tar -C out --zstd --xattrs --numeric-owner -xpf headers.tzst
diff -r out/linux /usr/include/linux && echo same
zstd -q -T2 -12 headers.tzst -o twice.zst && zstd -qt twice.zst && echo good
