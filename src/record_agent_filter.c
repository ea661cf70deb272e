/* SPDX-License-Identifier: MIT */
/*
 * The filter of calls that stops those which are not the agent's: seccomp(2),
 * in the child that becomes the program.
 */
#include "src/record_agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/process_status.h"
#include "src/seccomp_wrap.h"
#include "src/session_page.h"
#include "traces/report.h"

#define VSYSCALL_PAGE 0xffffffffff600000ul

#define LOAD(field, offset)                                    \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                     \
		 offsetof(struct seccomp_data, field) + (offset))
#define IF_EQUAL(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))

/* Without what some kernels do then about speculation, which a program sees. */
static int install(const struct sock_fprog *program)
{
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_SPEC_ALLOW, program))
		return 0;
	return errno == EINVAL ?
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) : -1;
}

/* ---- under filters of others ---- */

struct probe {
	const char *name;
	long number, arguments[5];
	int expected; /* errno, or 0 */
};

/*
 * What the agent calls where the program did not, and what brings it in:
 * harmless, and known to fail, unless a filter answers.
 */
static const struct probe probes[] = {
	{ "preadv2", SYS_preadv2, { -1, 0, 0, -1, -1 }, EBADF },
	{ "pwritev2", SYS_pwritev2, { -1, 0, 0, -1, -1 }, EBADF },
	{ "recvfrom", SYS_recvfrom, { -1 }, EBADF },
	{ "sendto", SYS_sendto, { -1 }, EBADF },
	{ "recvmsg", SYS_recvmsg, { -1 }, EBADF },
	{ "sendmsg", SYS_sendmsg, { -1 }, EBADF },
	{ "poll", SYS_poll, { 0 }, 0 },
	{ "epoll_wait", SYS_epoll_wait, { -1, 4096, 1 }, EBADF },
	{ "newfstatat", SYS_newfstatat, { -1, (long)"-", 4096 }, EBADF },
	{ "fstat", SYS_fstat, { -1 }, EBADF },
	{ "getsockopt", SYS_getsockopt, { -1 }, EBADF },
	{ "fcntl", SYS_fcntl, { -1, F_GETFL }, EBADF },
	{ "rt_sigprocmask", SYS_rt_sigprocmask, { 0, 0, 0, 8 }, 0 },
	{ "rt_sigpending", SYS_rt_sigpending, { 0, 8 }, EFAULT },
	{ "getrandom", SYS_getrandom, { 0 }, 0 },
	{ "getcpu", SYS_getcpu, { 0 }, 0 },
	{ "prctl(PR_SET_TSC)", SYS_prctl,
	  { PR_SET_TSC, PR_TSC_ENABLE }, 0 },
	{ "memfd_create", SYS_memfd_create, { 0 }, EFAULT },
};

#define PROBES (sizeof(probes) / sizeof(*probes))

/* The last call, of a child that no core file is to be left of, kills it. */
static void try_all(volatile size_t *passed)
{
	static const struct rlimit none;
	size_t i = 0;

	setrlimit(RLIMIT_CORE, &none);
	for (; i < PROBES; i++) {
		const long *arguments = probes[i].arguments;
		long result = syscall(probes[i].number, arguments[0],
				      arguments[1], arguments[2], arguments[3],
				      arguments[4]);

		if ((result < 0 ? errno : 0) != probes[i].expected)
			_exit(1);
		*passed = i + 1;
	}
	if (record_agent_install_filter(SECCOMP_RET_TRAP))
		_exit(1);
	*passed = i + 1;
	getppid();
	_exit(0);
}

/*
 * Those that reel itself runs under, as in a container, may refuse what the
 * agent needs.  What is in its way, to be freed; NULL: nothing.
 */
char *record_agent_obstacle(void)
{
	volatile size_t *passed;
	size_t count;
	int status = 0;
	pid_t child;

	if (process_status_number(getpid(), "Seccomp") <= 0)
		return NULL;
	passed = mmap(NULL, sizeof(*passed), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (passed == MAP_FAILED)
		return xstrdup("no memory");
	child = fork();
	if (child == 0)
		try_all(passed);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	count = *passed;
	munmap((void *)passed, sizeof(*passed));
	if (count > PROBES && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGSYS)
		return NULL;
	return xasprintf("the seccomp filter that reel runs under refuses %s",
			 count < PROBES ? probes[count].name : "seccomp");
}

/* ---- our own filter ---- */

/*
 * Calls of the agent, and those that we make in a task's name, need no stop.
 * Those of the vsyscall page must not be made again from elsewhere: where
 * others are trapped, or seen by other means, they are traced all the same
 * (record_vsyscall.c).
 */
int record_agent_install_filter(uint32_t action)
{
	struct sock_filter code[] = {
		LOAD(instruction_pointer, 4),
		IF_EQUAL(SECCOMP_PASS_POINTER >> 32, 9, 0),
		IF_EQUAL(SECCOMP_ANSWER_POINTER >> 32, 8, 0),
		IF_EQUAL(VSYSCALL_PAGE >> 32, 8, 0),
		IF_EQUAL(0, 0, 5),
		LOAD(instruction_pointer, 0),
		IF_EQUAL(AGENT_CALL_END, 1, 0),
		IF_EQUAL(AGENT_OWN_CALL_END, 0, 2),
		LOAD(arch, 0),
		IF_EQUAL(AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };

	if (!install(&program))
		return 0;
	if (action == SECCOMP_RET_ALLOW)
		return -errno;
	/* A tracer without privileges takes away what this would, too. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || install(&program))
		return -errno;
	return 0;
}
