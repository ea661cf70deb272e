/* SPDX-License-Identifier: MIT */
/* Output by write, writev, sendfile, splice and stdio to both streams. */
#include <sys/sendfile.h>

#include "tracee.h"

int main(void)
{
	struct iovec piece[] = { { "by ", 3 }, { "writev\n", 7 } };
	off_t offset = 0;
	int fd, ends[2];

	scratch();
	check(writev(1, piece, 2) == 10);
	printf("by stdio %d\n", getpid());
	fflush(stdout);
	fprintf(stderr, "to stderr %d\n", getpid());
	fd = make_file("file", "by sendfile\n", 12, 0600);
	if (sendfile(1, fd, &offset, 12) < 0)
		say("sendfile: errno %d\n", errno);
	sys(pipe(ends));
	put(ends[1], "by splice\n", 10);
	if (splice(ends[0], NULL, 1, NULL, 10, 0) < 0)
		say("splice: errno %d\n", errno);
	sys(dup2(1, 77));
	put(77, "by a duplicate\n", 15);
	if (pwritev2(1, piece, 2, -1, 0) < 0)
		say("pwritev2: errno %d\n", errno);
	return success();
}
