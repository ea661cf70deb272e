/* SPDX-License-Identifier: MIT */
/* F_SETPIPE_SZ, FIONREAD and readv/writev on a pipe. */
#include <sys/ioctl.h>

#include "tracee.h"

int main(void)
{
	char a[4], b[6];
	struct iovec out[] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	struct iovec in[] = { { a, sizeof(a) }, { b, sizeof(b) } };
	int ends[2], ready;

	sys(pipe(ends));
	check(sys(fcntl(ends[0], F_SETPIPE_SZ, 4096)) == 4096);
	check(fcntl(ends[1], F_GETPIPE_SZ) == 4096);
	check(writev(ends[1], out, 3) == 8);
	sys(ioctl(ends[0], FIONREAD, &ready));
	check(ready == 8);
	check(readv(ends[0], in, 2) == 8);
	check(!memcmp(a, "abcd", 4) && !memcmp(b, "efgh", 4));
	return success();
}
