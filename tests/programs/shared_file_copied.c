/* SPDX-License-Identifier: MIT */
/* splice, sendfile and copy_file_range into a file that is mapped. */
#include <sys/sendfile.h>

#include "tracee.h"

int main(void)
{
	int source, target, ends[2];
	loff_t in = 0, out = 8192;
	char *memory;
	off_t from = 2;
	ssize_t n;

	scratch();
	source = make_file("source", "abcdefghij", 10, 0600);
	target = make_file("target", "", 0, 0600);
	sys(ftruncate(target, 16384));
	memory = sys(mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED,
			  target, 0));
	sys(lseek(target, 100, SEEK_SET));
	check(sendfile(target, source, &from, 5) == 5);
	check(!memcmp(memory + 100, "cdefg", 5));
	n = copy_file_range(source, &in, target, &out, 10, 0);
	if (n < 0)
		say("copy_file_range: errno %d\n", errno);
	else
		check(n == 10 && !memcmp(memory + 8192, "abcdefghij", 10));
	sys(pipe(ends));
	put(ends[1], "piped", 5);
	out = 12000;
	check(splice(ends[0], NULL, target, &out, 5, 0) == 5);
	check(!memcmp(memory + 12000, "piped", 5));
	return success();
}
