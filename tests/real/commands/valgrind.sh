# SPDX-License-Identifier: MIT
# valgrind: translated code that makes the calls of another program.
# needs: valgrind
# long
# It translates code that reel has marked; see docs/limits.md.
valgrind -q --leak-check=full /bin/true 2> /dev/null
echo "valgrind ended"
