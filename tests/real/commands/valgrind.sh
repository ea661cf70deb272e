# SPDX-License-Identifier: MIT
# valgrind: translated code that makes the calls of another program.
# needs: valgrind
# long
valgrind -q --leak-check=full /bin/true
