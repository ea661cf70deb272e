# SPDX-License-Identifier: MIT
# bash: job control with stops, fg, bg, wait -n, disown.
# needs: bash ps
# output: fixed
cat > script <<'END'
# A stopped process that is traced shows t, not T.
until_stopped() {
	until [ "$(ps -o stat= -p $1 | cut -c1 | tr t T)" = T ]; do
		sleep 0.01
	done
}
until_gone() {
	while kill -0 $1; do sleep 0.01; done
}
set -m
sleep 30 &
pid=$!
kill -STOP %1
until_stopped $pid
jobs %1 | sed 's/  */ /g'
bg %1 > /dev/null
jobs -r | wc -l
kill %1
wait $pid; echo "killed $?"
sh -c 'kill -STOP $$' &
until_stopped $!
fg %% > /dev/null; echo "fg $?"
# A job that ends while bash begins to wait -n may be missed by it (bash 5.2).
(exit 4) & until_gone $!
wait -n; echo "first $?"
(exit 6) & until_gone $!
wait -n; echo "second $?"
sleep 0.1 & disown
coproc cat; echo hello >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo "$x"
kill $COPROC_PID; wait; echo "done $?"
END
bash script 2> /dev/null
