# SPDX-License-Identifier: MIT
# The go command itself: compiler and linker, many processes and threads.
# needs: go
# long
export GOCACHE="$PWD/cache" GOFLAGS=-p=2
printf 'package main\nfunc main() { println("built") }\n' > p.go
go build -o p p.go && ./p
