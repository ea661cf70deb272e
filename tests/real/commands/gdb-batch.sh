# SPDX-License-Identifier: MIT
# gdb on a file: symbols read by threads, disassembly, types.
# needs: gdb gcc
# output: fixed
gdb -batch -nx -ex 'info functions ^main' -ex 'disassemble main' \
	-ex 'ptype struct pair' -ex 'list main' program
