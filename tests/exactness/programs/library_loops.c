/* SPDX-License-Identifier: MIT */
/*
 * Signals strike inside of the C library.
 *
 * levels: O2
 * flags: -lm
 * variants: print sort strings numbers memory
 */
#include "strike.h"

#include <math.h>

#define COUNT 5000

static int numbers[COUNT];
static char text[20000], other[20000];

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static uint64_t print(void)
{
	snprintf(text, sizeof(text), "%llu %.10f %s %x",
		 (unsigned long long)progress, 1.0 / (double)(progress + 1),
		 "word", (unsigned)progress * 7919);
	return hash(text, strlen(text));
}

static uint64_t sort(void)
{
	uint32_t value = (uint32_t)progress;

	for (int i = 0; i < COUNT; i++)
		numbers[i] = (int)((value = value * 1103515245 + 12345) >> 3);
	qsort(numbers, COUNT, sizeof(*numbers), compare);
	return (uint64_t)numbers[COUNT / 2];
}

static uint64_t strings(void)
{
	size_t length = 10000 + progress % 5000;

	memset(text, 'a', length);
	text[length] = 0;
	memcpy(other, text, length + 1);
	other[length - 1] = 'b';
	return strlen(text) + (strcmp(text, other) < 0) +
	       (uint64_t)(strchr(other, 'b') - other);
}

static uint64_t real_numbers(void)
{
	double x = (double)progress / 1000;

	return (uint64_t)(1e6 * (sin(x) + exp(-x) + pow(x, 0.3) + log(x + 1)));
}

static uint64_t memory(void)
{
	char *pieces[32];
	uint64_t total = 0;

	for (int i = 0; i < 32; i++) {
		pieces[i] = malloc(16 + (progress * 37 + (unsigned)i) % 900);
		pieces[i][0] = (char)i;
	}
	for (int i = 0; i < 32; i++) {
		total += (uint64_t)pieces[i][0];
		free(pieces[i]);
	}
	return total;
}

int main(int argc, char **argv)
{
	uint64_t total = 0;

	strikes_begin();
	for (; !strikes_over; progress++) {
		if (is_variant("print"))
			total += print();
		else if (is_variant("sort"))
			total += sort();
		else if (is_variant("strings"))
			total += strings();
		else if (is_variant("numbers"))
			total += real_numbers();
		else
			total += memory();
	}
	strikes_end();
	say("%llu after %llu\n", (unsigned long long)total,
	    (unsigned long long)progress);
	return success();
}
