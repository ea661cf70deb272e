/* SPDX-License-Identifier: MIT */
/* SIGBUS past the end of a mapped file; the file grows and it is gone. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;
static char *memory;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	check(info->si_code == BUS_ADRERR && info->si_addr == memory + 4096);
	siglongjmp(back, number);
}

int main(void)
{
	int fd;

	scratch();
	fd = make_file("file", "short", 5, 0600);
	memory = sys(
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	handle_info(SIGBUS, handler, 0);
	check(memory[4095] == 0);
	switch (sigsetjmp(back, 1)) {
	case 0:
		memory[4096] = 'x';
		check(!"SIGBUS must come");
		break;
	case SIGBUS:
		sys(ftruncate(fd, 8192));
		memory[4096] = 'y';
		check(pread(fd, memory, 1, 4096) == 1 && memory[0] == 'y');
	}
	return success();
}
