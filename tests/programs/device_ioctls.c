/* SPDX-License-Identifier: MIT */
/*
 * Requests for devices that a machine may not have, of a file that knows none:
 * the numbers are in the table.
 *
 * EXPECT-NO-WARNING
 */
#include <linux/cdrom.h>
#include <linux/fd.h>
#include <linux/hdreg.h>
#include <linux/input.h>
#include <linux/joystick.h>
#include <linux/kd.h>
#include <linux/ptp_clock.h>
#include <linux/uinput.h>
#include <linux/videodev2.h>
#include <linux/watchdog.h>
#include <mtd/mtd-user.h>
#include <mtd/ubi-user.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tracee.h"

/* Headers of theirs are in other packages, or define what others do. */
#define GET_ARRAY_INFO _IOR(9, 0x11, char[72])
#define FS_IOC_GETFSMAP _IOWR('X', 59, char[192])
#define MTIOCGET _IOR('m', 2, char[48])
#define HIDIOCGRAWNAME(length) _IOC(_IOC_READ, 'H', 4, length)
#define SIOCGIWRANGE 0x8b0b
#define HDIO_GETGEO_BIG 0x0330

static const unsigned long requests[] = {
	CDROM_LAST_WRITTEN, CDROMREADTOCHDR, CDROMMULTISESSION,
	CDROM_MEDIA_CHANGED, FDGETFDCSTAT, FDGETDRVTYP, HDIO_GET_MULTCOUNT,
	HDIO_GET_32BIT, HDIO_DRIVE_CMD, HDIO_DRIVE_TASK, HDIO_SET_DMA,
	HDIO_GETGEO_BIG, MTIOCGET, GET_ARRAY_INFO, FS_IOC_GETFSMAP,
	EVIOCGVERSION, EVIOCGID, EVIOCGNAME(1), EVIOCGNAME(256),
	EVIOCGBIT(0, 4), EVIOCGBIT(EV_KEY, 96), EVIOCGABS(ABS_X),
	EVIOCGMTSLOTS(44), EVIOCGKEY(96), EVIOCGRAB, JSIOCGAXES,
	JSIOCGNAME(128), HIDIOCGRAWNAME(77), UI_DEV_CREATE, UI_DEV_SETUP,
	UI_GET_SYSNAME(64), KDGKBENT, KDGKBSENT, KDGKBDIACRUC, KDGKBMETA,
	PTP_CLOCK_GETCAPS, PTP_SYS_OFFSET, PTP_PIN_GETFUNC, MEMGETINFO,
	MEMGETBADBLOCK, ECCGETSTATS, UBI_IOCATT, UBI_IOCEBISMAP,
	VIDIOC_QUERYCAP, VIDIOC_ENUM_FMT, VIDIOC_G_FMT, VIDIOC_QUERYCTRL,
	VIDIOC_G_INPUT, VIDIOC_ENUMINPUT, WDIOC_GETSUPPORT, WDIOC_KEEPALIVE,
};

int main(void)
{
	static char room[8192];
	int fd = sys(open("/dev/null", O_RDWR));

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		fails(ioctl(fd, requests[i], room), ENOTTY);
	fd = sys(socket(AF_INET, SOCK_DGRAM, 0));
	strcpy(room, "lo");
	check(ioctl(fd, SIOCGIWRANGE, room) == -1);
	return success();
}
