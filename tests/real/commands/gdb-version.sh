# SPDX-License-Identifier: MIT
# gdb --version, and its Python.
# needs: gdb
# output: fixed
gdb --version
gdb -batch -nx -ex 'python print(6 * 7)' -ex 'print 3 + 4'
