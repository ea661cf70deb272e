/* SPDX-License-Identifier: MIT */
/* statfs, fstatfs, sync, quota refusals, mount refusals. */
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/vfs.h>

#include "tracee.h"

int main(void)
{
	struct statfs state;

	sys(statfs("/proc", &state));
	check(state.f_type == 0x9fa0);
	sys(fstatfs(sys(open("/", O_RDONLY)), &state));
	say("type %lx free %llu\n", (long)state.f_type,
	    (long long)state.f_bavail);
	check(quotactl(QCMD(Q_SYNC, USRQUOTA), "/none", 0, NULL) < 0);
	say("quotactl: errno %d\n", errno);
	check(mount("none", "/none-such", "tmpfs", 0, NULL) < 0);
	say("mount: errno %d\n", errno);
	check(umount2("/none-such", 0) < 0);
	say("umount: errno %d\n", errno);
	return success();
}
