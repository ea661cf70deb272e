# SPDX-License-Identifier: MIT
# bash: EXIT, ERR, DEBUG, RETURN and signal traps, and time-outs of read.
# needs: bash
# output: fixed
cat > script <<'END'
trap 'echo exit $?' EXIT
trap 'echo err at $LINENO' ERR
trap 'echo usr2' USR2
false
f() { trap 'echo return' RETURN; return 3; }
f || echo "f said $?"
kill -USR2 $BASHPID
(trap 'echo chld' CHLD; set -m; sleep 0.05 & wait)
mkfifo silent; exec 3<> silent; read -t 0.1 -u 3 line; echo "read $?"
trap 'echo alarm; exit 5' ALRM
(sleep 0.1; kill -ALRM $$) &
while :; do sleep 0.02; done
END
bash script; echo $?
