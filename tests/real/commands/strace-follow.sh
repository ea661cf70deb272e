# SPDX-License-Identifier: MIT
# strace follows a shell's children, all calls and then some by a filter.
# needs: strace
strace -f -o all sh -c 'echo one | cat; (exit 3); kill -TERM $$'
echo "ended with $?"
grep -c 'exited with' all
grep -o 'killed by .*' all
strace -f --seccomp-bpf -e trace=execve,exit_group -o some \
	sh -c 'cat /dev/null; true'
sed -n 's/^[0-9]* *\(exit_group\|execve("[^"]*"\).*/\1/p' some
