# SPDX-License-Identifier: MIT
# Go: an HTTP server and its clients in one process, over epoll.
# needs: go
# output: fixed
./program
