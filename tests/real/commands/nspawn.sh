# SPDX-License-Identifier: MIT
# systemd-nspawn: a container around busybox, without systemd's services.
# needs: systemd-nspawn busybox
# probe: test "$(id -u)" = 0 && mkdir -p /tmp/nspawn-probe/usr /tmp/nspawn-probe/etc /tmp/nspawn-probe/bin && cp /usr/bin/busybox /tmp/nspawn-probe/bin/ && systemd-nspawn -q -D /tmp/nspawn-probe --register=no --keep-unit /bin/busybox true; status=$?; rm -rf /tmp/nspawn-probe; exit $status
# output: fixed
# long
mkdir -p root/bin root/usr root/etc root/proc root/sys root/dev root/run root/tmp
cp /usr/bin/busybox root/bin/
ln -s busybox root/bin/sh
touch root/etc/os-release
box() {
	systemd-nspawn -q -D root --register=no --keep-unit "$@" \
		< /dev/null 2> /dev/null
}
box --as-pid2 --hostname=contained /bin/sh -c 'echo $$; busybox hostname
	busybox id -u; exit 3'
echo $?
box --private-network --private-users=pick /bin/sh -c 'echo $$
	busybox ls /sys/class/net; exit 4'
echo $?
box --read-only --tmpfs=/tmp --volatile=no /bin/sh -c 'echo x > /tmp/x
	busybox cat /tmp/x; (echo y > /y) 2> /dev/null || echo read-only'
