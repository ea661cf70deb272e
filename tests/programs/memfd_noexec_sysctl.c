/* SPDX-License-Identifier: MIT */
/* vm.memfd_noexec 0, 1 and 2 in a pid namespace of its own (needs root). */
#include <sys/mount.h>

#include "exec_anonymous.h"

static void attempt(const char *what, unsigned flags)
{
	int fd = memfd("sysctl", flags | MFD_CLOEXEC), result;

	if (fd < 0) {
		say("  %s: create errno %d\n", what, errno);
		return;
	}
	copy_self(fd);
	result = run_fd(fd, "child");
	say("  %s: seals %#x, exec %d\n", what, fcntl(fd, F_GET_SEALS), result);
	close(fd);
}

static void inside(void)
{
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (mount("proc", "/proc", "proc", 0, NULL))
		_exit(77);
	for (char value = '0'; value <= '2'; value++) {
		int fd = open("/proc/sys/vm/memfd_noexec", O_WRONLY);

		if (fd < 0)
			_exit(77);
		say("vm.memfd_noexec=%c: write %zd\n", value,
		    write(fd, &value, 1));
		close(fd);
		attempt("no flag", 0);
		attempt("MFD_EXEC", MFD_EXEC);
		attempt("MFD_NOEXEC_SEAL", MFD_NOEXEC_SEAL);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	(void)argv;
	if (argc > 1)
		return 35;
	child = sys(fork());
	if (child == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(77);
		child = sys(fork());
		if (child == 0)
			inside();
		status = await(child);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	status = await(child);
	if (status == 77 << 8)
		skip("no pid namespace with vm.memfd_noexec");
	check(status == 0);
	return success();
}
