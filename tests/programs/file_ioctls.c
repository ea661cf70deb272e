/* SPDX-License-Identifier: MIT */
/*
 * FICLONE, FIEMAP, FS_IOC_GETFLAGS, FIGETBSZ: answers or refusals.
 *
 * EXPECT-NO-WARNING
 */
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "tracee.h"

static void show(const char *what, int result)
{
	say("%s: %d errno %d\n", what, result, result < 0 ? errno : 0);
}

int main(void)
{
	struct {
		struct fiemap head;
		struct fiemap_extent extents[4];
	} map = { .head = { .fm_length = ~0ULL, .fm_extent_count = 4 } };
	struct file_clone_range range = { .src_length = 4096 };
	static char block[8192];
	int one, two, value = 0;

	scratch();
	one = make_file("one", block, sizeof(block), 0600);
	two = make_file("two", "", 0, 0600);
	range.src_fd = one;
	show("FICLONE", ioctl(two, FICLONE, one));
	show("FICLONERANGE", ioctl(two, FICLONERANGE, &range));
	show("FS_IOC_GETFLAGS", ioctl(one, FS_IOC_GETFLAGS, &value));
	say("flags %#x\n", value);
	show("FIGETBSZ", ioctl(one, FIGETBSZ, &value));
	show("FS_IOC_FIEMAP", ioctl(one, FS_IOC_FIEMAP, &map));
	say("%u extents\n", map.head.fm_mapped_extents);
	show("F2FS_IOC_GET_FEATURES",
	     ioctl(one, _IOR(0xf5, 12, uint32_t), &value));
	show("FIONBIO", ioctl(one, FIONBIO, &value));
	show("FIOCLEX", ioctl(one, FIOCLEX));
	show("TCGETS on a file", ioctl(one, TCGETS, block));
	return success();
}
