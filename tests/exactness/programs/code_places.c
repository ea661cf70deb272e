/* SPDX-License-Identifier: MIT */
/*
 * A counting loop in code that the program wrote itself, wherever code can be.
 *
 * variants: writable read_only stack memfd_private memfd_shared memfd_sealed
 * variants: memfd_twice rewritten
 */
#include "strike.h"

/* uint64_t loop(uint64_t *counter, volatile int *is_over) */
extern const char loop_begin[], loop_end[], loop_add[];
__asm__(".pushsection .rodata\n"
	"loop_begin:\n"
	"	xor %eax, %eax\n"
	"1:	inc %rax\n"
	"loop_add:\n"
	"	addq $0x01010101, (%rdi)\n"
	"	cmpl $0, (%rsi)\n"
	"	je 1b\n"
	"	ret\n"
	"loop_end:\n"
	".popsection\n");

typedef uint64_t loop_function(volatile uint64_t *counter,
			       volatile int *is_over);

static volatile uint64_t counter;
static volatile int is_rewritten;
static char *writable;

static void *map_code(int protection, int flags, int fd)
{
	return sys(mmap(NULL, 4096, protection, flags, fd, 0));
}

static char *place(const char *variant)
{
	size_t length = (size_t)(loop_end - loop_begin);
	char *code;
	int fd;

	if (strncmp(variant, "memfd", 5)) {
		code = map_code(PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS, -1);
		memcpy(code, loop_begin, length);
		if (!strcmp(variant, "read_only"))
			sys(mprotect(code, 4096, PROT_READ | PROT_EXEC));
		return writable = code;
	}
	fd = memfd_executable("code", MFD_ALLOW_SEALING);
	put(fd, loop_begin, length);
	sys(ftruncate(fd, 4096));
	if (!strcmp(variant, "memfd_private"))
		return map_code(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);
	if (!strcmp(variant, "memfd_sealed"))
		sys(fcntl(fd, F_ADD_SEALS,
			  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
				  F_SEAL_SEAL));
	if (!strcmp(variant, "memfd_twice"))
		writable = map_code(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	return map_code(PROT_READ | PROT_EXEC, MAP_SHARED, fd);
}

static void strike_and_return(int signal, siginfo_t *info, void *context)
{
	progress = counter;
	strike(signal, info, context);
	is_rewritten = 1;
}

/* The code is written anew after each strike, to add another number. */
static uint64_t run_rewriting(char *code)
{
	uint64_t passes = 0;

	while (!strikes_over) {
		is_rewritten = 0;
		writable[loop_add - loop_begin + 3] = (char)passes;
		passes += ((loop_function *)code)(&counter, &is_rewritten);
	}
	return passes;
}

static uint64_t run_on_stack(void)
{
	char code[8192] __attribute__((aligned(4096)));

	memcpy(code, loop_begin, (size_t)(loop_end - loop_begin));
	sys(mprotect(code, sizeof(code), PROT_READ | PROT_WRITE | PROT_EXEC));
	return ((loop_function *)code)(&counter, &strikes_over);
}

int main(int argc, char **argv)
{
	char *code = place(argc > 1 ? argv[1] : "writable");
	uint64_t passes;

	strikes_begin();
	handle_info(SIGALRM, strike_and_return, SA_RESTART);
	if (is_variant("stack"))
		passes = run_on_stack();
	else if (is_variant("rewritten") || is_variant("memfd_twice"))
		passes = run_rewriting(code);
	else
		passes = ((loop_function *)code)(&counter, &strikes_over);
	strikes_end();
	say("%llu passes, %llu\n", (unsigned long long)passes,
	    (unsigned long long)counter);
	return success();
}
