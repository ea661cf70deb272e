/* SPDX-License-Identifier: MIT */
/* O_DIRECT: EINVAL or success by address, length and offset. */
#include "tracee.h"

int main(void)
{
	static const struct {
		int shift, length, offset;
	} tries[] = { { 0, 4096, 0 },	{ 0, 512, 0 },	{ 0, 512, 512 },
		      { 512, 4096, 0 }, { 4, 4096, 0 }, { 1, 4096, 0 },
		      { 0, 100, 0 },	{ 0, 4096, 1 }, { 0, 4096, 256 },
		      { 0, 65536, 0 },	{ 8, 65536, 0 } };
	char *block;
	int fd;

	scratch();
	check(!posix_memalign((void **)&block, 65536, 131072));
	memset(block, 'd', 65536);
	close(make_file("file", block, 65536, 0600));
	fd = open("file", O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		skip("no O_DIRECT here: errno %d", errno);
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		ssize_t got = pread(fd, block + tries[i].shift, tries[i].length,
				    tries[i].offset);
		int error = got < 0 ? errno : 0;
		ssize_t put_back = pwrite(fd, block + tries[i].shift,
					  tries[i].length, tries[i].offset);

		say("%d %d %d: read %zd errno %d, write %zd errno %d\n",
		    tries[i].shift, tries[i].length, tries[i].offset, got,
		    error, put_back, put_back < 0 ? errno : 0);
		check(tries[i].shift % 4096 || tries[i].length % 4096 ||
		      tries[i].offset % 4096 || got == tries[i].length);
	}
	sys(fcntl(fd, F_SETFL, 0));
	check(pread(fd, block + 1, 100, 1) == 100);
	return success();
}
