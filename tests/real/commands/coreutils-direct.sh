# SPDX-License-Identifier: MIT
# dd with O_DIRECT, synchronous and sparse writes, and statistics on stderr.
dd if=/dev/zero of=file bs=64k count=16 oflag=direct ||
	dd if=/dev/zero of=file bs=64k count=16
dd if=file of=copy bs=4096 iflag=direct conv=sparse,fsync ||
	dd if=file of=copy bs=4096 conv=sparse,fsync
dd if=/dev/urandom of=copy bs=1000 count=3 seek=7 oflag=append conv=notrunc
sync copy
cmp file copy; stat -c %s copy
