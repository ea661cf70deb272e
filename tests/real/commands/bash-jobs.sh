# SPDX-License-Identifier: MIT
# bash: job control with stops, fg, bg, wait -n, disown.
# needs: bash ps
# output: fixed
cat > script <<'END'
set -m
sleep 0.3 &
sleep 30 &
kill -STOP %2
while [ "$(ps -o stat= -p $! | cut -c1)" != T ]; do sleep 0.01; done
jobs %2 | sed 's/  */ /g'
bg %2 > /dev/null
jobs -r | wc -l
kill %2
wait %2; echo "killed $?"
fg %1 > /dev/null; echo "fg $?"
(exit 4) & (sleep 0.2; exit 6) &
wait -n; echo "first $?"
wait -n; echo "second $?"
sleep 0.1 & disown
coproc cat; echo hello >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo "$x"
kill $COPROC_PID; wait; echo "done $?"
END
bash script
