# SPDX-License-Identifier: MIT
# strace changes what calls answer, and delays one.
# needs: strace
# output: fixed
strace -o log -e inject=getppid:retval=4711 -e inject=getuid:error=EPERM \
	-e inject=chdir:delay_enter=1000 sh -c 'echo $PPID; cd /; pwd'
grep -c INJECTED log
sed -n 's/^\(chdir.*= 0\).*/\1/p' log
