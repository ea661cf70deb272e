# SPDX-License-Identifier: MIT
# gdb among threads and across a fork and an exec.
# needs: gdb gcc
# long
gdb -batch -nx -ex 'break work' -ex run -ex 'info threads' -ex bt \
	-ex 'thread 1' -ex continue -ex continue -ex 'delete' \
	-ex 'set follow-fork-mode child' -ex 'catch fork' -ex continue \
	-ex 'catch exec' -ex continue -ex continue program < /dev/null
