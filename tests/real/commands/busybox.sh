# SPDX-License-Identifier: MIT
# busybox, static: its shell runs its own applets without exec.
# needs: busybox
# output: fixed
busybox sh <<'END'
busybox ls /etc/passwd
busybox seq 1000 | busybox awk '{ s += $1 } END { print s }'
busybox tar -C /usr/include -cf - asm-generic | busybox gzip | busybox tar -tzf - | busybox wc -l
busybox printf '%s\n' b a | busybox sort -
echo '2 3 + p' | busybox dc
busybox find /usr/include/asm-generic -name 'i*' | busybox sort
busybox sha256sum /etc/hostname | busybox wc -w
busybox sleep 0.05 & wait $!; echo $?
busybox ps | busybox grep -c busybox > /dev/null && echo ps
END
