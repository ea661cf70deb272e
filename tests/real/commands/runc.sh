# SPDX-License-Identifier: MIT
# runc: containers around busybox, run at once, or created, started, entered,
# paused, killed and deleted; runc runs itself from a detached mount.
# A mount namespace gives it the cgroup tree it expects on any machine.
# needs: runc busybox unshare
# probe: unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/reel-probe && rmdir /sys/fs/cgroup/reel-probe'
# output: fixed
mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
cp /usr/bin/busybox rootfs/bin/
for applet in sh ls id hostname cat kill sleep; do
	ln -s busybox rootfs/bin/$applet
done
runc spec || exit 1
sed -i -e 's/"terminal": true/"terminal": false/' \
	-e 's/"readonly": true/"readonly": false/' \
	-e 's/"hostname": ".*"/"hostname": "contained"/' config.json
cp config.json base.json
cat > inside.sh <<'END'
mount -t cgroup2 none /sys/fs/cgroup || exit 1
# Control groups are the whole machine's.
name=reel-test-$$
runc() {
	/usr/sbin/runc --root "$PWD/state" "$@" < /dev/null
}
says() {
	sed 's|^\(\s*\)"sh"$|\1"sh", "-c", "'"$1"'"|' base.json > config.json
}
says 'hostname; id -u; echo $$; ls /; exit 5'
runc run $name; echo $?
says 'kill -SEGV $$; echo spared; exit 6'
runc run $name; echo $?
says 'while :; do sleep 0.05; done'
runc create $name > /dev/null
runc state $name | grep -o '"status": .*'
runc start $name
# It executes the shell when we have been told that it has started.
until test "$(runc exec $name cat /proc/1/comm)" = sh; do sleep 0.02; done
runc exec $name sh -c 'cat /proc/1/comm; hostname; exit 7'; echo $?
runc ps $name | head -n 1 | wc -l
runc kill $name KILL
until runc state $name | grep -q stopped; do sleep 0.02; done
runc delete $name
runc list -q | wc -l
END
unshare -m sh inside.sh
