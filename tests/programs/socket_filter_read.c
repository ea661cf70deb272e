/* SPDX-License-Identifier: MIT */
/* SO_GET_FILTER, whose length counts instructions, and not bytes. */
#include "tracee.h"

#include <linux/filter.h>
#include <sys/socket.h>

#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif

#define ROUNDS 12 /* places that call often are treated differently */

int main(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x11, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { 4, filter };
	int fd = sys(socket(AF_UNIX, SOCK_DGRAM, 0));

	sys(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)));
	for (int i = 0; i < ROUNDS; i++) {
		struct sock_filter got[8];
		socklen_t count = 8;

		memset(got, 0, sizeof(got));
		sys(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, got, &count));
		check(count == 4);
		check(!memcmp(got, filter, sizeof(filter)));
		memset(got, 0, sizeof(got));
		count = 3;
		fails(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, got, &count),
		      EINVAL);
	}
	return success();
}
