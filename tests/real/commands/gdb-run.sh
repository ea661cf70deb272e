# SPDX-License-Identifier: MIT
# gdb runs a program: breakpoints, steps, watched memory, calls, registers.
# needs: gdb gcc
# output: fixed
gdb -batch -nx -ex 'break add' -ex run -ex bt -ex next -ex finish \
	-ex 'delete' -ex 'watch total' -ex continue -ex continue \
	-ex 'print add(20, 22)' -ex 'print total' -ex 'set var total = 100' \
	-ex 'stepi' -ex 'info registers rip' -ex 'x/2i $pc' -ex 'delete' \
	-ex 'catch syscall write' -ex continue -ex continue \
	-ex 'delete' -ex continue program < /dev/null
