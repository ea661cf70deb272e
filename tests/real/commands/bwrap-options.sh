# SPDX-License-Identifier: MIT
# bubblewrap with most of its options: descriptors for data, arguments, status
# and seccomp filters, process 1 of its own, namespaces joined and denied.
# needs: bwrap busybox perl
# probe: bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true
# output: fixed
box() {
	bwrap --unshare-all --die-with-parent --dir /bin \
		--ro-bind /usr/bin/busybox /bin/busybox \
		--symlink busybox /bin/sh "$@"
}
printf 'text of a descriptor\n' > text
box --as-pid-1 --proc /proc --hostname boxed --uid 7 --gid 8 --dev /dev \
	--tmpfs /tmp --perms 0640 --file 3 /copied --perms 0400 \
	--ro-bind-data 4 /bound --bind-data 5 /mine --chdir /tmp \
	--clearenv --setenv NAME value --setenv GONE x --unsetenv GONE \
	--size 65536 --tmpfs /small --mqueue /queue \
	/bin/sh -c 'busybox env; busybox id -u; busybox id -g; busybox pwd
		busybox hostname; busybox cat /copied /bound; echo $$
		busybox stat -c "%a %s" /copied /bound; echo more >> /mine
		busybox tail -n 1 /mine; (echo x > /bound) 2> /dev/null || echo no
		busybox df -k /small | busybox awk "END { print \$2 }"
		kill -TERM $$; echo alive; set -- /proc/[0-9]*; echo $#
		busybox ls /bin /; exit 21' 3< text 4< text 5< text
echo $?
# Arguments, a gate, and what it says of itself through descriptors.
printf '%s\0' --setenv FROM arguments > arguments
mkfifo gate status
cat status > status.json & reader=$!
(echo go > gate) &
box --lock-file /bin/busybox --dev /dev --args 6 --block-fd 7 --json-status-fd 8 --info-fd 9 \
	/bin/sh -c 'echo $FROM; exit 22' 6< arguments 7< gate 8> status 9> info
echo $?
wait $reader
grep -c '"child-pid"' info status.json; grep -o '"exit-code": [0-9]*' status.json
# A filter: mkdir is refused, a socket kills.
perl -e 'print pack("SCCL", @$_) for [0x20,0,0,0], [0x15,0,1,83],
	[0x06,0,0,0x50000 | 13], [0x15,0,1,41], [0x06,0,0,0x80000000],
	[0x06,0,0,0x7fff0000]' > filter
box --seccomp 3 --new-session --dev /dev /bin/sh -c '
	busybox mkdir /x || echo refused; busybox nc -w 1 127.0.0.1 9
	echo socket $?' 3< filter 2> /dev/null
echo $?
box --unshare-user --disable-userns --assert-userns-disabled --proc /proc --dev /dev \
	/bin/sh -c 'busybox unshare -U true 2> /dev/null; echo $?
	busybox cat /proc/self/uid_map | busybox wc -l'
# Process 1 is spared the signals that others send.
box --as-pid-1 --proc /proc --dev /dev /bin/sh -c 'kill -SEGV $$; echo spared
	exec busybox sh -c "busybox true & wait; exit 23"'
echo $?
box --cap-add ALL --share-net --remount-ro / /bin/sh -c '
	echo x > /y || echo read-only' 2> /dev/null
