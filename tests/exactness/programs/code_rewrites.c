/* SPDX-License-Identifier: MIT */
/*
 * Loops that change their own instructions in each pass: the one that changes
 * itself, or the next one, in private memory or where a jump can't be put.
 *
 * variants: private_itself private_next shared shared_often
 */
#include "strike.h"

/* void loop(char *in_code, volatile int *is_over, uint64_t results[2]) */
#define LOOPS(name, lock, times) \
	__asm__(".pushsection .rodata\n" \
		#name "_itself_begin:\n" \
		"	xor %ecx, %ecx\n" \
		"	jmp 2f\n" \
		"1:	.byte 0x81, 0x07\n" /* addl CONSTANT, (%rdi) */ \
		#name "_itself_constant:\n" \
		"	.long 1\n" \
		"2:	" lock "incq 8(%rdx)\n" \
		"	" lock "xor %ecx, (%rdi)\n" \
		"	inc %ecx\n" \
		"	" lock "add %rcx, (%rdx)\n" \
		"	.rept " times "\n" \
		"	" lock "orl $0, (%rsi)\n" \
		"	.endr\n" \
		"	je 1b\n" \
		"	ret\n" \
		#name "_itself_end:\n" \
		#name "_next_begin:\n" \
		"	xor %ecx, %ecx\n" \
		"	jmp 2f\n" \
		"1:	addb $3, (%rdi)\n" \
		"	.byte 0xb1\n" /* mov CONSTANT, %cl */ \
		#name "_next_constant:\n" \
		"	.byte 1\n" \
		"2:	" lock "incq 8(%rdx)\n" \
		"	" lock "add %rcx, (%rdx)\n" \
		"	.rept " times "\n" \
		"	" lock "orl $0, (%rsi)\n" \
		"	.endr\n" \
		"	je 1b\n" \
		"	ret\n" \
		#name "_next_end:\n" \
		".popsection\n"); \
	extern const char name##_itself_begin[], name##_itself_end[], \
		name##_itself_constant[], name##_next_begin[], \
		name##_next_end[], name##_next_constant[]

/* No jump replaces what is locked: it must replace what changes. */
LOOPS(private, "lock ", "64");
/* Nor shared code: the loop is copied, but not what is locked. */
LOOPS(shared, "", "8");

typedef void loop_function(char *in_code, volatile int *is_over,
			   volatile uint64_t results[2]);

struct loop {
	const char *name, *begin, *constant, *end;
	int flags, often; /* how often it is mapped besides */
};

#define LOOP(variant, name, flags, often) \
	{ variant, name##_begin, name##_constant, name##_end, flags, often }

static const struct loop loops[] = {
	LOOP("private_itself", private_itself, MAP_PRIVATE, 0),
	LOOP("private_next", private_next, MAP_PRIVATE, 0),
	LOOP("shared", shared_next, MAP_SHARED, 0),
	LOOP("shared_often", shared_next, MAP_SHARED, 9),
};

/* Maps it, and more often: where code is and what writes to it differ then. */
static char *place(const struct loop *loop, char **writable_out)
{
	int all = PROT_READ | PROT_WRITE | PROT_EXEC;
	int fd = memfd_executable("code", 0);
	char *code;

	sys(ftruncate(fd, 4096));
	put(fd, loop->begin, (size_t)(loop->end - loop->begin));
	code = sys(mmap(NULL, 4096, all, loop->flags, fd, 0));
	*writable_out = code;
	for (int i = 0; i < loop->often; i++) {
		char *other = sys(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED, fd, 0));

		if (i == 0)
			*writable_out = other;
	}
	return code;
}

int main(int argc, char **argv)
{
	const struct loop *loop = loops;
	volatile uint64_t *results;
	char *code, *writable;

	while (loop < loops + 4 && !is_variant(loop->name))
		loop++;
	check(loop < loops + 4);
	code = place(loop, &writable);
	results = (volatile uint64_t *)(writable + 2048);
	strikes_begin();
	((loop_function *)code)(writable + (loop->constant - loop->begin),
				&strikes_over, results);
	strikes_end();
	say("%llu passes, %llx, code %016llx\n",
	    (unsigned long long)results[1], (unsigned long long)results[0],
	    (unsigned long long)hash(code, 4096));
	return success();
}
