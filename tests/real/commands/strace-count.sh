# SPDX-License-Identifier: MIT
# strace -c.  A program has one tracer: it may be refused politely.
# needs: strace
timeout 20 strace -f -c -o counts ls / > /dev/null
echo "strace ended"
test ! -s counts || grep -c total counts
