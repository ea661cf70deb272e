/* SPDX-License-Identifier: MIT */
/* SIGSEGV handled: address and code; the handler mends the mapping. */
#include "tracee.h"

static char *page;
static volatile sig_atomic_t count;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	check(info->si_addr == page + 100);
	check(info->si_code == SEGV_ACCERR);
	count++;
	sys(mprotect(page, 4096, PROT_READ | PROT_WRITE));
}

int main(void)
{
	page = sys(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0));
	handle_info(SIGSEGV, handler, 0);
	page[100] = 'x';
	check(count == 1 && page[100] == 'x');
	say("mended %p\n", (void *)page);
	return success();
}
