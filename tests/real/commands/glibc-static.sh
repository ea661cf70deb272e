# SPDX-License-Identifier: MIT
# Static programs of glibc, fixed and position-independent, with a resolver.
# needs: gcc
# output: fixed
./program
./program-pie
