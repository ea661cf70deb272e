/* SPDX-License-Identifier: MIT */
/* read, pread, readv, preadv2, write, pwritev2, lseek with SEEK_DATA. */
#include "tracee.h"

int main(void)
{
	char a[4] = "", b[8] = "";
	struct iovec in[] = { { a, 3 }, { b, 7 } };
	struct iovec out[] = { { "0123", 4 }, { "456789", 6 } };
	int fd;

	scratch();
	fd = make_file("file", "", 0, 0600);
	check(writev(fd, out, 2) == 10);
	check(pwritev2(fd, out, 1, 20, 0) == 4);
	check(pwritev2(fd, out, 2, -1, RWF_APPEND) == 10);
	check(lseek(fd, 0, SEEK_END) == 34);
	check(preadv2(fd, in, 2, 2, 0) == 10);
	check(!memcmp(a, "234", 3) && !memcmp(b, "56789", 5) && !b[5]);
	check(preadv(fd, in, 1, 20) == 3 && !memcmp(a, "012", 3));
	sys(lseek(fd, 31, SEEK_SET));
	check(readv(fd, in, 2) == 3 && !memcmp(a, "789", 3));
	check(read(fd, a, 3) == 0);
	sys(ftruncate(fd, 1 << 20));
	check(pwrite(fd, "x", 1, 1 << 19) == 1);
	say("data at %ld, hole at %ld\n", (long)lseek(fd, 4096, SEEK_DATA),
	    (long)lseek(fd, 0, SEEK_HOLE));
	fails(pread(fd, a, 1, -1), EINVAL);
	fails(syscall(SYS_pread64, fd, 1, 1, 0), EFAULT);
	fails(write(99, a, 1), EBADF);
	fails(syscall(SYS_readv, fd, in, 5000), EINVAL);
	return success();
}
