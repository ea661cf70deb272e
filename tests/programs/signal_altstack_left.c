/* SPDX-License-Identifier: MIT */
/*
 * A signal stack within the heap that is given back.  XSAVEC, which the dynamic
 * linker executes when a handler calls something for the first time, leaves
 * bits there that depend on task switches.
 */
#include <cpuid.h>

#include "tracee.h"

#define STACK_SIZE 65536
#define AREAS 4
#define AREA_SIZE 4096

static int has_xsavec(void)
{
	uint32_t eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & bit_AVX))
		return 0;
	return __get_cpuid_count(13, 1, &eax, &ebx, &ecx, &edx) && (eax & 2);
}

/* Whether SSE is still in use depends on switches since the zeroing. */
__attribute__((target("avx"))) static void leave_bits(int signal)
{
	uint8_t areas[AREAS][AREA_SIZE] __attribute__((aligned(64)));

	(void)signal;
	for (unsigned i = 0; i < AREAS; i++) {
		__asm__ volatile("vzeroall" ::: "memory");
		for (volatile unsigned long pass = 0; pass < 2000000;)
			pass++;
		__asm__ volatile(".byte 0x48, 0x0f, 0xc7, 0x27"
				 : : "D"(areas[i]), "a"(2), "d"(0)
				 : "memory");
	}
}

int main(void)
{
	struct sigaction action = {
		.sa_handler = leave_bits, .sa_flags = SA_ONSTACK,
	};
	stack_t stack = { .ss_size = STACK_SIZE }, none = {
		.ss_flags = SS_DISABLE,
	};
	char *heap = malloc(4 * STACK_SIZE);

	if (!has_xsavec())
		skip("the processor has no XSAVEC");
	stack.ss_sp = heap;
	sys(sigaction(SIGUSR1, &action, NULL));
	for (int i = 0; i < 2; i++) {
		sys(sigaltstack(&stack, NULL));
		sys(raise(SIGUSR1));
		sys(sigaltstack(&none, NULL));
	}
	memset(heap + 3 * STACK_SIZE, 1, STACK_SIZE);
	say("%d\n", heap[4 * STACK_SIZE - 1]);
	return success();
}
