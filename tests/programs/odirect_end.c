/* SPDX-License-Identifier: MIT */
/* O_DIRECT: a read at the end of a file writes more than it says. */
#include "tracee.h"

#define ROOM 16384

static char *buffer;

static void look(const char *name, ssize_t got)
{
	unsigned changed = 0;

	for (int i = 0; i < ROOM; i++)
		changed += buffer[i] != 'b';
	say("%s: read %zd errno %d, changed %u\n", name, got,
	    got < 0 ? errno : 0, changed);
	memset(buffer, 'b', ROOM);
}

int main(void)
{
	static char text[9000];
	struct iovec vector[2];
	int fd;

	scratch();
	check(!posix_memalign((void **)&buffer, 4096, ROOM));
	memset(buffer, 'b', ROOM);
	memset(text, 't', sizeof(text));
	close(make_file("file", text, sizeof(text), 0600));
	fd = open("file", O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		skip("no O_DIRECT here: errno %d", errno);
	vector[0] = (struct iovec){ buffer, 4096 };
	vector[1] = (struct iovec){ buffer + 4096, ROOM - 4096 };
	/* More often than a place stops before it is replaced. */
	for (int i = 0; i < 8; i++) {
		sys(lseek(fd, 0, SEEK_SET));
		look("read", read(fd, buffer, ROOM));
		look("pread", pread(fd, buffer, 4096, 8192));
		look("readv", (sys(lseek(fd, 4096, SEEK_SET)),
			       readv(fd, vector, 2)));
		look("preadv", preadv(fd, vector, 2, 0));
		look("end", read(fd, buffer, ROOM));
		look("behind", pread(fd, buffer, 4096, 65536));
	}
	memset(buffer, 'b', ROOM);
	return success();
}
