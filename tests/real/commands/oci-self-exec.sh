# SPDX-License-Identifier: MIT
# runc and crun run themselves from a copy that nobody can change: a read-only
# bind mount without a place; where that is refused, a sealed memfd; else a file
# without a name (which crun 1.8 then fails to run).
# needs: runc crun busybox unshare perl
# probe: unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/reel-probe && rmdir /sys/fs/cgroup/reel-probe'
mkdir -p rootfs/bin rootfs/proc rootfs/dev rootfs/sys
cp /usr/bin/busybox rootfs/bin/
ln -s busybox rootfs/bin/sh
cat > config.json <<'END'
{ "ociVersion": "1.0.0", "root": { "path": "rootfs" },
  "process": { "cwd": "/", "env": ["PATH=/bin"], "user": { "uid": 0, "gid": 0 },
    "args": ["sh", "-c", "echo $$; busybox hostname; exit 5"] },
  "hostname": "contained",
  "mounts": [ { "destination": "/proc", "type": "proc", "source": "proc" } ],
  "linux": { "namespaces": [ { "type": "pid" }, { "type": "mount" },
    { "type": "uts" }, { "type": "ipc" }, { "type": "network" } ] } }
END
# A filter: mount() with MS_BIND alone is EPERM; memfd_create() is ENOSYS.
cat > refuse.pl <<'END'
my @code = ([0x20,0,0,0], [0x15,0,3,165], [0x20,0,0,40], [0x15,0,1,4096],
	[0x06,0,0,0x50001], [0x20,0,0,0]);
push @code, [0x15,0,1,319], [0x06,0,0,0x50026] if shift eq 'memfd';
push @code, [0x06,0,0,0x7fff0000];
my $bytes = join '', map { pack 'SCCL', @$_ } @code;
my $filter = pack 'Sx6P', scalar @code, $bytes;
syscall(157, 22, 2, $filter) and die "seccomp: $!";
exec @ARGV;
END
cat > inside.sh <<'END'
mount -t cgroup2 none /sys/fs/cgroup || exit 1
crun="crun --cgroup-manager=disabled --root $PWD/crun run reel-test"
runc="runc --root $PWD/runc run reel-test"
for runtime in "$crun" "$runc"; do
	$runtime < /dev/null; echo $?
	perl refuse.pl mount $runtime < /dev/null; echo $?
	perl refuse.pl memfd $runtime < /dev/null 2> /dev/null; echo $?
done
END
unshare -m sh inside.sh
