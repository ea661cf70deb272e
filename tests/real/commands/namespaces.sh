# SPDX-License-Identifier: MIT
# unshare: user, mount, process and network namespaces of one's own.
# needs: unshare
# probe: unshare --user --map-root-user --mount --pid --fork --net true
# output: fixed
unshare --user --map-root-user --mount --pid --fork --mount-proc sh -c '
	echo $$; id -u; mkdir -p m; mount -t tmpfs none m; echo x > m/x; ls m
	set -- /proc/[0-9]*; echo $#; sh -c "exit 3"; echo $?'
ls m
unshare --user --map-root-user --net --uts sh -c '
	hostname other; hostname; cat /proc/net/dev | wc -l'
