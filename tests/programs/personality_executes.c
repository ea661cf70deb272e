/* SPDX-License-Identifier: MIT */
/* With READ_IMPLIES_EXEC all that may be read may be executed. */
#include <sys/personality.h>

#include "tracee.h"

static const char code[] = { '\xb8', 7, 0, 0, 0, '\xc3' }; /* return 7 */

static int seven(void *at)
{
	memcpy(at, code, sizeof(code));
	return ((int (*)(void))at)();
}

static void all_kinds(void)
{
	char *heap = sbrk(8192), *map = map_private(8192), *file;
	int fd = sys(memfd_executable("code", 0));

	check(seven(heap) == 7 && seven(map) == 7);
	check(seven(map_shared(4096)) == 7);
	map = sys(mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0));
	sys(mprotect(map + 4096, 4096, PROT_READ | PROT_WRITE));
	check(seven(map + 4096) == 7);
	sys(write(fd, code, sizeof(code)));
	file = sys(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	check(((int (*)(void))file)() == 7);
}

int main(int argc, char **argv)
{
	char *args[] = { argv[0], "second", NULL };
	pid_t child;

	check(!(sys(personality(0xffffffff)) & READ_IMPLIES_EXEC));
	if (argc > 1) {
		map_private(4096);
		return success();
	}
	sys(personality(READ_IMPLIES_EXEC));
	for (int i = 0; i < 20; i++)
		all_kinds();
	child = sys(fork());
	if (child == 0) {
		all_kinds();
		_exit(0);
	}
	await_exit(child, 0);
	execv("/proc/self/exe", args);
	return 1;
}
