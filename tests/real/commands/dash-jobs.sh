# SPDX-License-Identifier: MIT
# dash: background jobs, wait, traps, signals between processes.
# output: fixed
trap 'echo usr1' USR1
trap 'echo leaving' EXIT
sh -c "sleep 0.1; kill -USR1 $$" &
wait $!
wait $!
jobs=
for i in 1 2 3 4; do (sleep 0.0$i; exit $i) & jobs="$jobs $!"; done
for job in $jobs; do wait "$job"; echo $?; done
sleep 5 &
kill $!
wait $!; echo $?
sh -c 'trap "echo int; exit 3" INT; kill -INT $$; sleep 1'; echo $?
