# SPDX-License-Identifier: MIT
# strace -c counts the calls of a command.
# needs: strace
strace -f -c -o counts ls / > /dev/null && grep -c total counts &&
	awk '$NF == "execve" { print $4, $NF }' counts
