/* SPDX-License-Identifier: MIT */
/*
 * SIOCGIFCONF and its relatives: structures inside structures.
 *
 * EXPECT-NO-WARNING
 */
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tracee.h"

/* linux/wireless.h has types that net/if.h has, too. */
#define SIOCGIWESSID 0x8b1b
struct wireless_request {
	char name[IFNAMSIZ];
	void *pointer;
	uint16_t length, flags;
};

/* The number that a guest has on its host's sockets. */
static void ask_for_guest(void)
{
	uint32_t number = 0;
	int fd = open("/dev/vsock", O_RDONLY);

	if (fd < 0) {
		say("no /dev/vsock: %d\n", errno);
		return;
	}
	sys(ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &number));
	say("guest %#x\n", number);
}

int main(void)
{
	char essid[33];
	struct wireless_request wireless = {
		.name = "lo", .pointer = essid, .length = sizeof(essid),
	};
	struct ifreq list[16], one = { 0 };
	struct ifconf all = { .ifc_len = sizeof(list), .ifc_req = list };
	int fd = sys(socket(AF_INET, SOCK_DGRAM, 0));

	sys(ioctl(fd, SIOCGIFCONF, &all));
	say("%d bytes\n", all.ifc_len);
	for (int i = 0; i < all.ifc_len / (int)sizeof(*list); i++)
		say("interface %s\n", list[i].ifr_name);
	strcpy(one.ifr_name, "lo");
	if (!ioctl(fd, SIOCGIFINDEX, &one))
		say("lo is %d\n", one.ifr_ifindex);
	if (!ioctl(fd, SIOCGIFFLAGS, &one))
		say("flags %#x\n", one.ifr_flags);
	if (!ioctl(fd, SIOCGIFMTU, &one))
		say("mtu %d\n", one.ifr_mtu);
	strcpy(one.ifr_name, "nonexistent0");
	fails(ioctl(fd, SIOCGIFINDEX, &one), ENODEV);
	if (ioctl(fd, SIOCGIWESSID, &wireless))
		say("no wireless network: %d\n", errno);
	ask_for_guest();
	return success();
}
