# SPDX-License-Identifier: MIT
# gdb runs a program.  A program has one tracer: it may be refused politely.
# needs: gdb gcc
timeout 20 gdb -batch -nx -ex 'set startup-with-shell off' -ex 'break main' \
	-ex run -ex bt -ex kill program < /dev/null
echo "gdb ended"
