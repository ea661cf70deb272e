# SPDX-License-Identifier: MIT
# Many ways to write to the same standard output, and a lot of it.
# through: pipe
# needs: perl python3
# output: fixed
echo one; echo two >&2; printf three > /dev/stderr; echo
seq 30000
cat /usr/include/stdio.h
dd if=/usr/include/stdlib.h bs=512 2> /dev/null
(exec 3>&1; echo through three >&3; exec 1>&2; echo to errors)
perl -e '$| = 1; print "perl "; syswrite STDOUT, "unbuffered\n"; system "echo child"'
python3 -c '
import os, sys
os.writev(1, [b"writev ", b"two parts\n"])
fd = os.open("/etc/hostname", os.O_RDONLY)
os.sendfile(1, fd, 0, 0)
r, w = os.pipe(); os.write(w, b"spliced\n"); os.write(1, os.read(r, 8))
os.close(1); os.dup2(2, 1); print("now to errors")'
head -c 3000000 /dev/zero | tr '\0' 'x'
echo; sh -c 'echo closed >&-' 2> /dev/null; echo $?
