# SPDX-License-Identifier: MIT
# xz with two compressing threads: mutexes and condition variables.
# needs: xz
# output: fixed
head -c 1500000 /usr/bin/bash > data
xz -T2 -1 --block-size=300KiB -k data
xz -dc -T2 data.xz | cmp - data && echo same
xz -l --robot data.xz | tail -1 | cut -f1-3
