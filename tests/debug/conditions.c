/* SPDX-License-Identifier: MIT */
/* A loop whose breakpoint is met rarely. */
#include <sys/wait.h>
#include <unistd.h>

struct item {
	short negative;
	unsigned char large;
	long wide;
};

struct item item = { -3, 200, 1l << 40 };
int table[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
const char *name = "abc";
volatile long sum;

static long pass(long i)
{
	sum += i; /* MARK pass */
	return i & 7;
}

int main(void)
{
	int status = 0;

	for (long i = 0; i < 3000; i++)
		pass(i); /* MARK call */
	if (!fork()) { /* MARK fork */
		for (long i = 5000; i < 5010; i++)
			pass(i);
		_exit(0);
	}
	wait(&status);
	return status; /* MARK end */
}
