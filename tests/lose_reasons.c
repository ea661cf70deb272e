/* SPDX-License-Identifier: MIT */
/*
 * Linked into a reel for tests, with --wrap=ptrace: the reason of debug
 * exceptions is lost, as it is at times in virtual machines that forget DR6.
 * The kernel says TRAP_BRKPT then instead of TRAP_TRACE and TRAP_HWBKPT, and
 * has nothing in the DR6 that tracers see.
 */
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#define STATUS 6	    /* of the debug registers */
#define STATUS_REASONS 0xe00f /* BT, BS, BD, B0 to B3 */

long __wrap_ptrace(enum __ptrace_request request, ...);
long __real_ptrace(enum __ptrace_request request, ...);

long __wrap_ptrace(enum __ptrace_request request, ...)
{
	siginfo_t *info;
	va_list arguments;
	void *address;
	long result;
	pid_t pid;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	info = va_arg(arguments, void *);
	va_end(arguments);
	result = __real_ptrace(request, pid, address, info);
	if (!result && request == PTRACE_GETSIGINFO &&
	    info->si_signo == SIGTRAP &&
	    (info->si_code == TRAP_TRACE || info->si_code == TRAP_HWBKPT))
		info->si_code = TRAP_BRKPT;
	if (request == PTRACE_PEEKUSER &&
	    (size_t)address == offsetof(struct user, u_debugreg[STATUS]))
		result &= ~(long)STATUS_REASONS;
	return result;
}
