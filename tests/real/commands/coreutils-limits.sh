# SPDX-License-Identifier: MIT
# timeout, nice, nohup, env, chroot's refusal: running other programs.
# output: fixed
timeout 0.2 sleep 10; echo $?
timeout -s KILL 0.1 sh -c 'trap "" TERM; sleep 3'; echo $?
timeout 5 false; echo $?
nice -n 5 nice
nohup sh -c 'kill -HUP $$; echo survived'
env -i A=1 B=2 env | sort
env -C / pwd
env --ignore-signal=PIPE sh -c 'trap | wc -l'
(ulimit -n 20; ulimit -n; ulimit -c 0; ulimit -c)
sh -c 'kill -SEGV $$'; echo $?
sh -c 'kill -9 $$'; echo $?
