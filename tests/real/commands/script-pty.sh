# SPDX-License-Identifier: MIT
# script: a terminal session with stty, job control and window size.
# needs: script bash stty ps
# output: fixed
cat > session <<'END'
stty rows 33 cols 99; stty size
test -t 0 && test -t 1 && echo terminal
until_stopped() {
	until ps -o stat= -p $1 | grep -q -i '^t'; do sleep 0.02; done
}
set -m; sh -c 'kill -STOP $$' & until_stopped $!; fg > /dev/null; echo $?
stty -echo -icanon min 1; stty -a | grep -o -- '-icanon'; stty sane
(kill -TSTP $BASHPID; echo continued) &
until_stopped $!; kill -CONT $!
while kill -0 $! 2> /dev/null; do sleep 0.02; done; echo end
END
timeout 20 script -qec 'bash --norc session' typescript < /dev/null | tr -d '\r'
head -1 typescript | cut -c1-14
