/* SPDX-License-Identifier: MIT */
/* A netlink dump of the links: its answer is kernel memory of any length. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "tracee.h"

int main(void)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} ask = { { sizeof(ask), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1,
		    0 },
		  { AF_UNSPEC } };
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static char answer[32768];
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	socklen_t length = sizeof(kernel);
	int count = 0;

	if (fd < 0)
		skip("no netlink: errno %d", errno);
	check(sendto(fd, &ask, sizeof(ask), 0, (void *)&kernel,
		     sizeof(kernel)) == sizeof(ask));
	for (int more = 1; more;) {
		ssize_t n = sys(recvfrom(fd, answer, sizeof(answer), 0,
					 (void *)&kernel, &length));
		struct nlmsghdr *head = (void *)answer;

		for (; NLMSG_OK(head, n); head = NLMSG_NEXT(head, n)) {
			if (head->nlmsg_type == RTM_NEWLINK)
				count++;
			if (head->nlmsg_type == NLMSG_DONE ||
			    head->nlmsg_type == NLMSG_ERROR)
				more = 0;
		}
	}
	say("%d links\n", count);
	check(count >= 1);
	return success();
}
