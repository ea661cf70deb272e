/* SPDX-License-Identifier: MIT */
/* For tracees that install seccomp filters. */
#ifndef REEL_FILTERING_H
#define REEL_FILTERING_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "tracee.h"

#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000u
#endif
#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1u
#endif

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_IS(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

struct rule {
	int number;
	unsigned verdict;
};

UNUSED static long install_code(struct sock_filter *code, size_t length,
				unsigned flags)
{
	struct sock_fprog program = { (unsigned short)length, code };

	sys(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* A filter with a verdict for each of these calls and one for all others. */
UNUSED static long install(const struct rule *rules, size_t count,
			   unsigned others, unsigned flags)
{
	struct sock_filter code[256] = { LOAD(nr) };
	size_t length = 1;

	for (size_t i = 0; i < count; i++) {
		code[length++] = (struct sock_filter)IF_IS(
			(unsigned)rules[i].number, 0, 1);
		code[length++] = (struct sock_filter)RETURN(rules[i].verdict);
	}
	code[length++] = (struct sock_filter)RETURN(others);
	return install_code(code, length, flags);
}

#define INSTALL(others, flags, ...)                                       \
	install((const struct rule[]){ __VA_ARGS__ },                     \
		sizeof((struct rule[]){ __VA_ARGS__ }) /                  \
			sizeof(struct rule),                              \
		(others), (flags))

/* The number behind "NAME:" in /proc/self/status. */
UNUSED static long status_number(const char *name)
{
	char text[8192], *line;
	int fd = sys(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
	ssize_t got = sys(read(fd, text, sizeof(text) - 1));

	text[got] = '\0';
	sys(close(fd));
	line = strstr(text, name);
	return line ? strtol(line + strlen(name) + 1, NULL, 10) : -1;
}

#endif
