# SPDX-License-Identifier: MIT
# A busybox root entered by chroot, where no path means what it meant.
# needs: busybox
# probe: chroot / true
# output: fixed
mkdir -p root/bin root/proc && cp /usr/bin/busybox root/bin/
for applet in sh ls cat seq wc readlink; do ln -s busybox root/bin/$applet; done
chroot root /bin/sh -c 'ls /; echo text > /file; cat /file; seq 9 | wc -l; exit 3'
echo $?
cat root/file
