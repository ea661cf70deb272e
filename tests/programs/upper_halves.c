/* SPDX-License-Identifier: MIT */
/*
 * EXPECT-PLAIN-OUTPUT
 * EXPECT-NO-WARNING
 * Of an argument that is an int the kernel looks at 32 bits only.  What is
 * in the upper half of the register changes nothing.
 */
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tracee.h"

#define HIGH 0xbadc0ded00000000ull

static void advice(void)
{
	char *memory = map_private(3 * 4096);

	memory[0] = memory[4096] = memory[2 * 4096] = 'm';
	sys(syscall(SYS_madvise, memory, 4096, MADV_DONTNEED | HIGH));
	check(memory[0] == 0);
	sys(syscall(SYS_madvise, memory + 4096, 4096, MADV_FREE | HIGH));
	say("%d\n", memory[2 * 4096]);
}

static void descriptors(void)
{
	int ends[2], size = 0, value = 0;
	socklen_t length = sizeof(value);

	sys(syscall(SYS_pipe2, ends, O_NONBLOCK | HIGH));
	sys(syscall(SYS_write, ends[1] | HIGH, "some", 4));
	sys(syscall(SYS_ioctl, ends[0] | HIGH, FIONREAD | HIGH, &size));
	say("%d bytes\n", size);
	say("flags %#lx\n",
	    syscall(SYS_fcntl, ends[0] | HIGH, F_GETFL | HIGH, 0));
	check(syscall(SYS_lseek, ends[0], 0, SEEK_SET | HIGH) == -1);
	sys(syscall(SYS_close, ends[0] | HIGH));
	sys(syscall(SYS_close, ends[1]));
	sys(syscall(SYS_socketpair, AF_UNIX | HIGH, SOCK_STREAM | HIGH, HIGH,
		    ends));
	sys(syscall(SYS_getsockopt, ends[0] | HIGH, SOL_SOCKET | HIGH,
		    SO_TYPE | HIGH, &value, &length));
	say("type %d\n", value);
	sys(syscall(SYS_sendto, ends[0], "sent", 4, MSG_DONTWAIT | HIGH, NULL,
		    HIGH));
	say("%ld received\n", syscall(SYS_recvfrom, ends[1] | HIGH, &value, 4,
				      MSG_DONTWAIT | HIGH, NULL, NULL));
	sys(syscall(SYS_dup3, ends[0] | HIGH, ends[1] | HIGH,
		    O_CLOEXEC | HIGH));
}

static void signals(void)
{
	uint64_t set = 1ull << (SIGUSR1 - 1), pending = 0;
	int word = 1, status = 0;
	pid_t child;

	sys(syscall(SYS_rt_sigprocmask, SIG_BLOCK | HIGH, &set, NULL, 8));
	sys(syscall(SYS_kill, (unsigned)getpid() | HIGH, SIGUSR1 | HIGH));
	sys(syscall(SYS_rt_sigpending, &pending, 8));
	say("pending %#lx\n", (unsigned long)pending);
	check(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE | HIGH, 2 | HIGH,
		      NULL) == -1);
	say("%ld woken\n", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE | HIGH,
				   1 | HIGH));
	child = (pid_t)sys(fork());
	if (!child)
		syscall(SYS_exit_group, 7 | HIGH);
	check(syscall(SYS_wait4, (unsigned)child | HIGH, &status, HIGH,
		      NULL) == child);
	say("status %#x\n", status);
}

static void processes(void)
{
	int mode = 0;
	unsigned long base = 1;

	say("seccomp %ld\n", syscall(SYS_prctl, PR_GET_SECCOMP | HIGH));
	sys(syscall(SYS_prctl, PR_GET_TSC | HIGH, &mode));
	say("tsc %d\n", mode);
	sys(syscall(SYS_prctl, PR_SET_TSC | HIGH, PR_TSC_ENABLE));
	sys(syscall(SYS_prctl, PR_SET_DUMPABLE | HIGH, 0));
	say("dumpable %ld\n", syscall(SYS_prctl, PR_GET_DUMPABLE | HIGH));
	sys(syscall(SYS_arch_prctl, ARCH_GET_GS | HIGH, &base));
	say("gs %#lx\n", base);
	/* An unsigned long, or a long: all its bits count. */
	check(syscall(SYS_mprotect, &base, 0, PROT_READ | HIGH) == -1);
	check(syscall(SYS_ptrace, 0 | HIGH, 0, 0, 0) == -1);
	check(syscall(SYS_unshare, HIGH) == -1);
	sys(syscall(SYS_prctl, PR_SET_SECCOMP | HIGH, SECCOMP_MODE_STRICT));
	sys(write(1, "strict\n", 7));
}

int main(void)
{
	advice();
	descriptors();
	signals();
	processes();
	say("EXIT-SUCCESS\n");
	syscall(SYS_exit, 0);
}
