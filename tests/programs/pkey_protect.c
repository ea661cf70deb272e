/* SPDX-License-Identifier: MIT */
/* Protection keys, or the errno of a machine without them. */
#include <setjmp.h>

#include "tracee.h"

static sigjmp_buf back;

static void handler(int number)
{
	siglongjmp(back, number);
}

int main(void)
{
	char *page = map_private(4096);
	int key = syscall(SYS_pkey_alloc, 0, 1 /* PKEY_DISABLE_ACCESS */);

	if (key < 0)
		skip("no protection keys: errno %d", errno);
	handle_flags(SIGSEGV, handler, 0);
	sys(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_WRITE,
		    key));
	if (sigsetjmp(back, 1) == 0) {
		page[0] = 1;
		check(!"access must fault");
	}
	sys(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_WRITE, 0));
	page[0] = 1;
	sys(syscall(SYS_pkey_free, key));
	return success();
}
