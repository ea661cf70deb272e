# SPDX-License-Identifier: MIT
# unshare and nsenter: all kinds of namespaces, clocks of one's own, joining.
# needs: unshare nsenter busybox mount
# probe: unshare --user --map-root-user --mount --pid --fork --net --time --cgroup --ipc --uts true
# output: fixed
unshare --user --map-root-user --time --boottime 1000000 --monotonic 2000000 \
	--fork sh -c 'cut -d. -f1 /proc/uptime | cut -c1
		busybox uptime | wc -l; cat /proc/self/timens_offsets'
unshare --user --map-current-user --fork sh -c 'test $(id -u) = 0 || id -u
	exec true'; echo $?
unshare --user --map-root-user --pid --fork --kill-child --mount-proc sh -c '
	sleep 100 & sh -c "echo \$\$ \$PPID"; cat /proc/1/comm
	set -- /proc/[0-9]*; echo $#; kill -9 1; echo unharmed; exit 4'
echo $?
mkdir -p root/bin root/proc
cp /usr/bin/busybox root/bin/; ln -s /bin/busybox root/bin/sh
unshare --user --map-root-user --mount --pid --fork --root root --wd / \
	--mount-proc sh -c '
		echo $$; busybox ls /; busybox cat /proc/self/comm
		busybox ls /proc/self/ns | busybox wc -l; exit 5'
echo $?
unshare --user --map-root-user --ipc --uts --net --cgroup --propagation slave \
	sh -c 'busybox hostname here; busybox hostname; ipcs -q | wc -l
		busybox ip link | wc -l; exit 6'
echo $?
# A process in namespaces of its own, and others that join it.
mkfifo ready gate
unshare --user --map-root-user --mount --pid --uts --ipc --net --cgroup --time \
	--fork --mount-proc sh -c 'busybox hostname joined; mount -t tmpfs none /mnt
		echo inside > /mnt/file; echo > ready; read line < gate; exit 7' &
read line < ready
shell=$(pgrep -P $! -x sh)
nsenter --target $shell --all --preserve-credentials sh -c '
	busybox hostname; cat /mnt/file; id -u'
nsenter -t $shell -U -p --preserve-credentials sh -c 'sh -c "echo \$PPID" | wc -l'
nsenter -t $shell -U -m -F --preserve-credentials cat /mnt/file
nsenter --user=/proc/$shell/ns/user --uts=/proc/$shell/ns/uts \
	--preserve-credentials busybox hostname
nsenter -t $shell -U -m -r -w --preserve-credentials sh -c 'pwd | wc -l'
echo > gate
wait $!; echo $?
