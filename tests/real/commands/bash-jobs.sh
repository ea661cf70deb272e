# SPDX-License-Identifier: MIT
# bash: job control with stops, fg, bg, wait -n, disown.
# needs: bash ps
# output: fixed
cat > script <<'END'
set -m
sleep 30 &
pid=$!
kill -STOP %1
# A stopped process that is traced shows t, not T.
while [ "$(ps -o stat= -p $pid | cut -c1 | tr t T)" != T ]; do sleep 0.01; done
jobs %1 | sed 's/  */ /g'
bg %1 > /dev/null
jobs -r | wc -l
kill %1
wait $pid; echo "killed $?"
sleep 0.5 &
fg %% > /dev/null; echo "fg $?"
(exit 4) & (sleep 0.3; exit 6) &
wait -n; echo "first $?"
wait -n; echo "second $?"
sleep 0.1 & disown
coproc cat; echo hello >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo "$x"
kill $COPROC_PID; wait; echo "done $?"
END
bash script 2> /dev/null
