/* SPDX-License-Identifier: MIT */
/* Calls that a recorder may refuse must answer with a real kernel's errno. */
#include "tracee.h"

static void attempt(const char *name, long number, long a, long b)
{
	long result = syscall(number, a, b, 0, 0, 0, 0);

	say("%s: %ld errno %d\n", name, result, result < 0 ? errno : 0);
	check(result >= 0 || errno > 0);
}

int main(void)
{
	static char parameters[120];

	attempt("io_uring_setup", 425, 4, (long)parameters);
	attempt("userfaultfd", 323, O_CLOEXEC, 0);
	attempt("memfd_secret", 447, 0, 0);
	attempt("bpf", 321, 0, 0);
	attempt("perf_event_open", 298, 0, 0);
	attempt("a number without a call", 1023, 1, 2);
	attempt("a negative number", -77, 0, 0);
	attempt("a call that was removed", 174, 0, 0);
	return success();
}
