# SPDX-License-Identifier: MIT
# A daemon: two forks, a session of its own, found again by its pid file.
# needs: start-stop-daemon ps
cat > daemon <<'END'
#!/bin/sh
trap 'echo stopped >> log; exit 0' TERM
echo started >> log
while :; do sleep 0.05; done
END
chmod +x daemon
start-stop-daemon --start --background --make-pidfile --pidfile "$PWD/pid" \
	--chdir "$PWD" --startas "$PWD/daemon" || exit 1
until grep -q started log 2> /dev/null; do sleep 0.02; done
ps -o sid= -p "$(cat pid)" | tr -d ' ' | grep -q -x "$(cat pid)" && echo session
start-stop-daemon --stop --pidfile "$PWD/pid" --retry TERM/5/KILL/5
cat log
setsid sh -c 'sleep 0.1; echo orphan wrote; exit 0' &
wait
(sh -c 'sleep 0.1; echo orphan ended >> log' > /dev/null 2>&1 &)
until grep -q orphan log; do sleep 0.02; done
cat log
