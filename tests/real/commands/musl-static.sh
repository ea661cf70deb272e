# SPDX-License-Identifier: MIT
# A static program of another C library: threads, files, sleeping, locale.
# needs: musl-gcc
# output: fixed
./program one two
./program-pie three
