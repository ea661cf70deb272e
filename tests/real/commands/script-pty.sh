# SPDX-License-Identifier: MIT
# script: a terminal session with stty, job control and window size.
# needs: script bash stty
# output: fixed
cat > session <<'END'
stty rows 33 cols 99; stty size
test -t 0 && test -t 1 && echo terminal
set -m; sleep 0.05 & fg > /dev/null; echo $?
stty -echo -icanon min 1; stty -a | grep -o -- '-icanon'; stty sane
(sleep 0.1; kill -TSTP $BASHPID; echo continued) &
sleep 0.3; kill -CONT $!
while kill -0 $! 2> /dev/null; do sleep 0.02; done; echo end
END
timeout 20 script -qec 'bash --norc session' typescript < /dev/null | tr -d '\r'
head -1 typescript | cut -c1-14
