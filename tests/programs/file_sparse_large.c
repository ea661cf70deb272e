/* SPDX-License-Identifier: MIT */
/*
 * A file of 8 GiB (or argv[1]) that is nearly all holes: mapped privately and
 * shared, written by calls and through the mapping, punched and cut.
 */
#include "tracee.h"

int main(int argc, char **argv)
{
	off_t size = (argc > 1 ? atoll(argv[1]) : 8L) << 30;
	int fd;
	char *shared, *private;

	scratch();
	fd = sys(open("sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	if (ftruncate(fd, size))
		skip("no file of 8 GiB: errno %d", errno);
	check(pwrite(fd, "middle", 6, size / 2) == 6);
	check(pwrite(fd, "quarter", 7, size / 4 + 4093) == 7);
	private = sys(mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_NORESERVE, fd, 0));
	check(!memcmp(private + size / 2, "middle", 6));
	check(!memcmp(private + size / 4 + 4093, "quarter", 7));
	private[size - 1] = 'p';
	shared = sys(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0));
	check(!shared[size - 1] && !memcmp(shared + size / 2, "middle", 6));
	memcpy(shared + size - 5, "store", 5);
	check(pwrite(fd, "call", 4, size / 4 * 3) == 4);
	check(!memcmp(shared + size / 4 * 3, "call", 4));
	check(!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 size / 2, 1L << 20) || errno == EOPNOTSUPP);
	say("%02x %02x %02x\n", shared[size / 2], shared[size / 4 + 4093],
	    private[size - 1]);
	sys(ftruncate(fd, size / 2));
	check(shared[size / 4 + 4093] == 'q');
	return success();
}
