# SPDX-License-Identifier: MIT
# bubblewrap: a busybox root in namespaces of its own.
# needs: bwrap busybox
# probe: bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true
# output: fixed
mkdir -p root/bin && cp /usr/bin/busybox root/bin/
for applet in sh ls id hostname ps cat echo; do
	ln -s busybox root/bin/$applet
done
bwrap --unshare-all --uid 1000 --gid 1000 --hostname boxed --bind root / \
	--proc /proc --dev /dev --tmpfs /tmp --die-with-parent --new-session \
	/bin/sh -c 'hostname; id -u; ls /; ls /dev | wc -l; echo $$;
		echo x > /tmp/x; cat /tmp/x; ps > /tmp/list; wc -l < /tmp/list; exit 6'
echo $?
bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
	--file 3 /message cat /message 3<<'END'
through a descriptor
END
bwrap --ro-bind / / --cap-drop ALL sh -c 'exec true'; echo $?
