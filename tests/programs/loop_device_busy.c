/* SPDX-License-Identifier: MIT */
/* A loop device held O_EXCL by another process: EBUSY (needs root). */
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "tracee.h"

static char device[64];

static int attach(int image)
{
	struct loop_config config = { .fd = image };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

	if (control < 0)
		skip("no /dev/loop-control: errno %d", errno);
	for (int i = 0; i < 16; i++) {
		int number = ioctl(control, LOOP_CTL_GET_FREE), fd;

		if (number < 0)
			skip("no free loop device: errno %d", errno);
		snprintf(device, sizeof(device), "/dev/loop%d", number);
		fd = open(device, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			skip("%s: errno %d", device, errno);
		config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
		if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
			return fd;
		say("LOOP_CONFIGURE: errno %d\n", errno);
		close(fd);
	}
	skip("no loop device to be had");
}

int main(void)
{
	struct loop_info64 info;
	int image, fd, ready[2];
	pid_t holder;
	char byte;

	if (!is_root())
		skip("loop devices need root");
	scratch();
	image = make_file("image", "", 0, 0600);
	sys(ftruncate(image, 1 << 20));
	fd = attach(image);
	sys(ioctl(fd, LOOP_GET_STATUS64, &info));
	say("%s backs inode %llu\n", device, (long long)info.lo_inode);
	sys(pipe(ready));
	holder = sys(fork());
	if (holder == 0) {
		int held = open(device, O_RDONLY | O_EXCL | O_CLOEXEC);

		put(ready[1], held < 0 ? "f" : "h", 1);
		for (;;)
			pause();
	}
	check(read(ready[0], &byte, 1) == 1 && byte == 'h');
	fails(open(device, O_RDWR | O_EXCL | O_CLOEXEC), EBUSY);
	fails(mount(device, ".", "ext4", 0, NULL), EBUSY);
	fails(ioctl(fd, LOOP_CONFIGURE, &(struct loop_config){ .fd = image }),
	      EBUSY);
	sys(kill(holder, SIGKILL));
	await_signal(holder, SIGKILL);
	close(sys(open(device, O_RDWR | O_EXCL | O_CLOEXEC)));
	sys(ioctl(fd, LOOP_CLR_FD));
	return success();
}
