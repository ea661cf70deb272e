# SPDX-License-Identifier: MIT
# crun: a container around busybox; crun runs itself from a sealed copy.
# A mount namespace gives it the cgroup tree it expects on any machine.
# needs: crun busybox unshare
# probe: unshare -m mount -t cgroup2 none /sys/fs/cgroup
# output: fixed
mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
cp /usr/bin/busybox rootfs/bin/
for applet in sh ls id hostname cat; do ln -s busybox rootfs/bin/$applet; done
crun spec || exit 1
sed -i -e 's/"terminal": true/"terminal": false/' \
	-e 's/"readonly": true/"readonly": false/' \
	-e 's/"hostname": ".*"/"hostname": "contained"/' \
	-e 's/^\(\s*\)"sh"$/\1"sh", "-c", "hostname; id -u; echo $$; ls \/; exit 5"/' \
	config.json
unshare -m sh -c '
	mount -t cgroup2 none /sys/fs/cgroup || exit 1
	crun --cgroup-manager=disabled --root "$PWD/state" run real-test < /dev/null
	echo $?
	crun --root "$PWD/state" list -q | wc -l'
