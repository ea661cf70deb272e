# SPDX-License-Identifier: MIT
# Go: goroutines over several threads, channels, timers, signals, garbage.
# needs: go
# output: fixed
./program
GOMAXPROCS=1 ./program
