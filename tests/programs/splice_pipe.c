/* SPDX-License-Identifier: MIT */
/* splice, tee and vmsplice move and copy bytes between pipes and files. */
#include "tracee.h"

int main(void)
{
	char text[32] = "", page[4096] __attribute__((aligned(4096)));
	struct iovec piece = { page, 10 };
	int one[2], two[2], file;
	loff_t offset = 2;

	scratch();
	file = make_file("file", "0123456789", 10, 0600);
	sys(pipe(one));
	sys(pipe(two));
	check(splice(file, &offset, one[1], NULL, 5, 0) == 5 && offset == 7);
	check(tee(one[0], two[1], 100, 0) == 5);
	check(read(two[0], text, 32) == 5 && !memcmp(text, "23456", 5));
	offset = 20;
	check(splice(one[0], NULL, file, &offset, 100, SPLICE_F_MOVE) == 5);
	check(pread(file, text, 32, 20) == 5 && !memcmp(text, "23456", 5));
	memset(page, 'v', sizeof(page));
	check(vmsplice(one[1], &piece, 1, 0) == 10);
	check(read(one[0], text, 32) == 10 && text[9] == 'v');
	return success();
}
