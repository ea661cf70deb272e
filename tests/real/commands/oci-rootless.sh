# SPDX-License-Identifier: MIT
# runc and crun without any privilege: containers of an ordinary user, who is
# root in a user namespace of its own.
# needs: runc crun busybox setpriv unshare
# probe: setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all unshare -Urmp -f mount -t proc proc /proc
mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
cp /usr/bin/busybox rootfs/bin/
ln -s busybox rootfs/bin/sh
cat > config.json <<'END'
{ "ociVersion": "1.0.0", "root": { "path": "rootfs" },
  "process": { "cwd": "/", "env": ["PATH=/bin"], "user": { "uid": 0, "gid": 0 },
    "args": ["sh", "-c", "echo $$; busybox id -u; busybox hostname; busybox ls /; exit 5"] },
  "hostname": "contained",
  "mounts": [ { "destination": "/proc", "type": "proc", "source": "proc" } ],
  "linux": { "uidMappings": [ { "containerID": 0, "hostID": 65534, "size": 1 } ],
    "gidMappings": [ { "containerID": 0, "hostID": 65534, "size": 1 } ],
    "namespaces": [ { "type": "pid" }, { "type": "mount" },
    { "type": "uts" }, { "type": "ipc" }, { "type": "user" } ] } }
END
uid=$(id -u)
[ "$uid" = 0 ] || sed -i "s/\"hostID\": 65534/\"hostID\": $uid/" config.json
ordinary() {
	if [ "$uid" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			--no-new-privs --bounding-set=-all "$@" < /dev/null
	else
		"$@" < /dev/null
	fi
}
chmod 777 . rootfs rootfs/*
export XDG_RUNTIME_DIR=$PWD
ordinary crun --cgroup-manager=disabled --root "$PWD/crun" run reel-test
echo $?
ordinary runc --rootless true --root "$PWD/runc" run reel-test
echo $?
