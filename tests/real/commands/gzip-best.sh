# SPDX-License-Identifier: MIT
# Compute-bound: gzip -9 and bzip2.
# needs: gzip bzip2
# output: fixed
head -c 900000 /usr/bin/bash > data
gzip -9nc data | gzip -dc | cmp - data && echo gzip
bzip2 -c data | bzip2 -dc | cmp - data && echo bzip2
