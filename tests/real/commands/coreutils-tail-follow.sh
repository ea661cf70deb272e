# SPDX-License-Identifier: MIT
# tail -f: inotify, and the end of the watched process.
(
	for i in 1 2 3; do
		echo "line $i"
		sleep 0.1
	done > log
	sleep 0.1
) &
until test -s log; do sleep 0.01; done
tail -n +1 -s 0.1 -f --pid=$! log
wait
