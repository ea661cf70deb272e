/* SPDX-License-Identifier: MIT */
/* Every way an exec can be refused leaves the program as it was. */
#include "tracee.h"

static char *args[] = { "x", NULL };

int main(void)
{
	char *many[200];
	static char big[131073];
	int fd;

	scratch();
	fails(execv("missing", args), ENOENT);
	fails(execv(".", args), EACCES);
	close(make_file("plain", "x", 1, 0644));
	fails(execv("plain", args), EACCES);
	fails(execv("plain/x", args), ENOTDIR);
	close(make_file("noexec", "no format known\n", 16, 0755));
	fails(execv("noexec", args), ENOEXEC);
	close(make_file("empty", "", 0, 0755));
	fails(execv("empty", args), ENOEXEC);
	close(make_file("nointerp", "#!/no/such/thing\n", 17, 0755));
	fails(execv("nointerp", args), ENOENT);
	close(make_file("shortelf", "\177ELF\2\1\1", 7, 0755));
	fails(execv("shortelf", args), ENOEXEC);
	fd = make_file("busy", "", 0, 0755);
	copy_self(fd);
	fails(execv("busy", args), ETXTBSY);
	close(fd);
	memset(big, 'a', sizeof(big) - 1);
	for (int i = 0; i < 200; i++)
		many[i] = i < 199 ? big : NULL;
	fails(execv("busy", many), E2BIG);
	fails(syscall(SYS_execve, 8, args, environ), EFAULT);
	return success();
}
