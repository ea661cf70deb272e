/* SPDX-License-Identifier: MIT */
/* Calls, loops, variables, system calls: what a debugger steps through. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct account {
	int id;
	long balance;
};

static int total;
long history[8];
struct account account = { 7, 100 };

static int add(int amount)
{
	total += amount; /* MARK add */
	history[amount] = total;
	return total; /* MARK added */
}

static int factorial(int n)
{
	if (n < 2)
		return 1; /* MARK bottom */
	return n * factorial(n - 1);
}

static void report(const char *name, long value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %ld\n", name, value);
	write(1, line, strlen(line)); /* MARK write */
}

static double half(double value)
{
	double result = value / 2; /* MARK half */

	return result;
}

int main(void)
{
	int fds[2];
	char byte = 0;
	double quarter;

	for (int i = 0; i < 5; i++) /* MARK loop */
		add(i); /* MARK call add */
	report("total", total); /* MARK report */
	account.balance -= 30; /* MARK withdraw */
	report("factorial", factorial(5)); /* MARK factorial */
	account.balance += 5; /* MARK deposit */
	quarter = half(half(10));
	if (pipe(fds))
		return 1;
	write(fds[1], "x", 1); /* MARK pipe write */
	read(fds[0], &byte, 1); /* MARK pipe read */
	report("byte", byte); /* MARK last report */
	syscall(1234567 + (quarter != 2.5)); /* MARK end */
	return quarter == 2.5 ? 3 : 4;
}
