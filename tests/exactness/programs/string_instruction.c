/* SPDX-License-Identifier: MIT */
/*
 * Long string instructions, which signals interrupt in the middle.
 *
 * variants: movs stos scas cmps lods movs_down stosq
 */
#include "strike.h"

#define LENGTH ((size_t)3000017)

static char from[LENGTH + 16], to[LENGTH + 16];

static size_t once(const char *kind, uint64_t pass)
{
	char *destination = to, *source = from;
	size_t left = LENGTH;

	if (!strcmp(kind, "movs")) {
		__asm__ volatile("rep movsb"
				 : "+S"(source), "+D"(destination), "+c"(left)
				 :
				 : "memory");
	} else if (!strcmp(kind, "stos")) {
		__asm__ volatile("rep stosb"
				 : "+D"(destination), "+c"(left)
				 : "a"(pass)
				 : "memory");
	} else if (!strcmp(kind, "scas")) {
		__asm__ volatile("repne scasb"
				 : "+D"(destination), "+c"(left)
				 : "a"(0x5a)
				 : "memory", "cc");
	} else if (!strcmp(kind, "cmps")) {
		__asm__ volatile("repe cmpsb"
				 : "+S"(source), "+D"(destination), "+c"(left)
				 :
				 : "memory", "cc");
	} else if (!strcmp(kind, "lods")) {
		__asm__ volatile("rep lodsb"
				 : "+S"(source), "+c"(left)
				 :
				 : "rax", "memory");
	} else if (!strcmp(kind, "movs_down")) {
		source += LENGTH - 1;
		destination += LENGTH - 1;
		__asm__ volatile("std\n\trep movsb\n\tcld"
				 : "+S"(source), "+D"(destination), "+c"(left)
				 :
				 : "memory");
	} else {
		left /= 8;
		__asm__ volatile("rep stosq"
				 : "+D"(destination), "+c"(left)
				 : "a"(pass)
				 : "memory");
	}
	return left;
}

int main(int argc, char **argv)
{
	check(argc > 1);
	if (is_variant("movs") || is_variant("movs_down"))
		for (size_t i = 0; i < LENGTH; i++)
			from[i] = (char)(i * 7);
	strikes_begin();
	while (!strikes_over) {
		check(once(argv[1], progress) == 0);
		progress++;
	}
	strikes_end();
	say("%llu passes, memory %016llx\n", (unsigned long long)progress,
	    (unsigned long long)hash(to, LENGTH));
	return success();
}
