# SPDX-License-Identifier: MIT
# valgrind: translated code that makes the calls of another program.
# needs: valgrind
# long
# output: fixed
valgrind -q --leak-check=full --error-exitcode=9 /bin/true 2> /dev/null
echo "valgrind ended with $?"
