# SPDX-License-Identifier: MIT
# Threads that sort, temporary files that are merged.
# output: fixed
seq 200000 | sort -R --random-source=/bin/ls | sort -n --parallel=4 | cksum
seq 60000 | sort -r -S 200k -T . | cksum
seq 1000 | sort -u -k1,1n --compress-program=gzip -S 10k -T . | tail -1
