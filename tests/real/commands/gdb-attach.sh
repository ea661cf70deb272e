# SPDX-License-Identifier: MIT
# gdb attaches to a program that computes, ends its loop, and detaches.
# needs: gdb gcc
./program &
gdb -batch -nx -p $! -ex 'info threads' -ex 'bt -frame-arguments all' \
	-ex 'set var stop = 1' -ex detach < /dev/null
wait
