# SPDX-License-Identifier: MIT
# C++: random_device, exceptions, threads, condition variables, futures.
# needs: g++
./program
