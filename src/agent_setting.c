/* SPDX-License-Identifier: MIT */
/* The agent: calls that set something, of which the recorder sees some. */
#include "src/agent_conditions.h"

#define SIG_BLOCK 0
#define SIGILL 4
#define SIGTRAP 5
#define SIGBUS 7
#define SIGSEGV 11
#define SIGCHLD 17
#define SIGSYS 31

#define IPPROTO_IP 0
#define SOL_SOCKET 1
#define IPPROTO_TCP 6
#define IPPROTO_IPV6 41
#define SO_SNDBUF 7
#define SO_LINGER 13
#define SO_RCVLOWAT 18
#define SO_SNDBUFFORCE 32

/*
 * Signals that are let in come all at once, one within the other, before the
 * call returns: each at a stop.
 */
int agent_signal_mask(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	uint64_t pending = 0;

	if (frame->rsi && (int)frame->rdi != SIG_BLOCK)
		agent_syscall(__NR_rt_sigpending, (uint64_t)&pending,
			      sizeof(pending), 0, 0, 0, 0);
	return pending ? 0 : agent_make(recording);
}

/* What faults and traps do, and what the end of a child brings. */
static int is_followed(int signal)
{
	return signal == SIGILL || signal == SIGTRAP || signal == SIGBUS ||
	       signal == SIGSEGV || signal == SIGCHLD || signal == SIGSYS;
}

int agent_signal_action(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;

	if (frame->rsi && is_followed((int)frame->rdi))
		return 0;
	return agent_make(recording);
}

/* What a socket's calls wait for (agent_class_of()) is known to all. */
static int is_waiting_option(uint32_t option)
{
	return option == SO_SNDBUF || option == SO_SNDBUFFORCE ||
	       option == SO_LINGER || option == SO_RCVLOWAT;
}

/* Of these levels; others have options with rows of their own. */
int agent_socket_option(struct recording *recording)
{
	const struct agent_frame *frame = recording->frame;
	uint32_t level = (uint32_t)frame->rsi, option = (uint32_t)frame->rdx;

	switch (level) {
	case SOL_SOCKET:
		if (frame->rax == __NR_setsockopt && is_waiting_option(option))
			return 0;
		break;
	case IPPROTO_TCP:
	case IPPROTO_IP:
	case IPPROTO_IPV6:
		break;
	default:
		return 0;
	}
	return agent_make(recording);
}

int agent_limit(struct recording *recording)
{
	return recording->frame->rdx ? 0 : agent_make(recording);
}
