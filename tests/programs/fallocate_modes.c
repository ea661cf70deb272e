/* SPDX-License-Identifier: MIT */
/* fallocate: allocate, keep size, punch, zero, collapse; blocks of stat. */
#include <linux/falloc.h>

#include "tracee.h"

int main(void)
{
	struct stat status;
	static char block[65536];
	int fd;

	scratch();
	memset(block, 'f', sizeof(block));
	fd = make_file("file", block, sizeof(block), 0600);
	for (int mode = 0; mode < 0x80; mode = mode ? mode * 2 : 1) {
		int result = fallocate(fd, mode == 2 ? 3 : mode, 8192, 8192);

		sys(fstat(fd, &status));
		say("mode %#x: %d errno %d, size %ld blocks %ld\n", mode,
		    result, result ? errno : 0, (long)status.st_size,
		    (long)status.st_blocks);
	}
	check(pread(fd, block, 4096, 0) == 4096 && block[0] == 'f');
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	sys(sync_file_range(fd, 0, 4096, 0));
	sys(fsync(fd));
	sys(fdatasync(fd));
	check(readahead(fd, 0, 4096) == 0 || errno == EINVAL);
	return success();
}
