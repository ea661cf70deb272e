# SPDX-License-Identifier: MIT
# strace attaches to a shell that waits, sees a signal, and lets go of it.
# needs: strace mkfifo
# output: fixed
mkfifo fifo
: > log > said
sh -c 'trap "echo told" USR1; : > ready; cat fifo & wait; wait; echo "shell ends"' &
shell=$!
until test -e ready; do sleep 0.02; done
strace -o log -p $shell 2> said &
tracer=$!
until grep -q attached said; do sleep 0.02; done
kill -USR1 $shell
until grep -q 'write(1, "told' log; do sleep 0.02; done
kill -INT $tracer
wait $tracer
echo hello > fifo
wait $shell
grep -o 'SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER' log
grep -c detached said
