# SPDX-License-Identifier: MIT
# A process that gives up root: what it may do, and its tracer may read.
# needs: setpriv
# probe: test "$(id -u)" = 0
# output: fixed
setpriv --reuid=65534 --regid=65534 --clear-groups sh -c '
	id -u; id -g; cat /proc/self/status | grep CapEff
	echo x > file || echo refused; cat /etc/shadow > /dev/null || echo refused
	seq 1000 | sort -n | tail -1; sh -c "exit 4"; echo $?' 2> /dev/null
chmod 711 . && cp /bin/echo unreadable && chmod 711 unreadable
setpriv --reuid=65534 --regid=65534 --clear-groups ./unreadable printed
