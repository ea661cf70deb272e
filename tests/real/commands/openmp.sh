# SPDX-License-Identifier: MIT
# OpenMP: threads that meet at barriers, asleep or spinning for a while.
# needs: gcc
# output: fixed
./program
OMP_WAIT_POLICY=passive ./program
