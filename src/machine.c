/* SPDX-License-Identifier: MIT */
#include "src/machine.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/hw_breakpoint.h>
#include <linux/kcmp.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "src/human.h"
#include "src/process_maps.h"
#include "src/trace_path.h"
#include "traces/report.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static struct machine_finding __attribute__((format(printf, 2, 3)))
found(enum machine_grade grade, const char *format, ...)
{
	struct machine_finding finding = { .grade = grade };
	va_list list;

	va_start(list, format);
	if (vasprintf(&finding.text, format, list) < 0)
		finding.text = xstrdup("out of memory");
	va_end(list);
	return finding;
}

/* The sysctl's number, or -1 where the kernel has none. */
static int read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* Runs act in a child: 0 or the errno that it returns; EINTR if it died. */
static int in_child(int (*act)(void))
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return errno;
	if (child == 0)
		_exit(act());
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static struct machine_finding check_kernel(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major < 5 || (major == 5 && minor < 10))
		return found(MACHINE_WARN, "%s %s; reel is tested with Linux "
			     "5.10 and later", name.sysname, name.release);
	return found(MACHINE_OK, "%s %s", name.sysname, name.release);
}

static struct machine_finding check_cpu(void)
{
	unsigned parts[12] = { 0 };
	unsigned at = 0;
	char brand[49] = "unknown";
	const char *start = brand;

	if ((unsigned)__get_cpuid_max(0x80000000, NULL) >= 0x80000004) {
		for (unsigned leaf = 0x80000002; leaf <= 0x80000004; leaf++) {
			__cpuid(leaf, parts[at], parts[at + 1], parts[at + 2],
				parts[at + 3]);
			at += 4;
		}
		memcpy(brand, parts, 48);
		brand[48] = '\0';
		while (*start == ' ')
			start++;
	}
	return found(MACHINE_OK, "%s, %ld cores", start,
		     sysconf(_SC_NPROCESSORS_ONLN));
}

/* A child that waits in getppid() calls until it is killed. */
static pid_t start_victim(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			syscall(SYS_getppid);
	}
	return child;
}

static void end_victim(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/* Seizes and stops it: 0 or the errno. */
static int seize_victim(pid_t child)
{
	int status;

	if (ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, child, NULL, NULL))
		return errno;
	return waitpid(child, &status, __WALL) == child &&
	       WIFSTOPPED(status) ? 0 : ECHILD;
}

static struct machine_finding check_ptrace(void)
{
	int scope = read_number("/proc/sys/kernel/yama/ptrace_scope");
	pid_t child = start_victim();
	int error = seize_victim(child);

	end_victim(child);
	if (!error)
		return found(MACHINE_OK, "works%s", scope > 0 ?
			     " (yama restricts it to own children; that is "
			     "enough)" : "");
	if (scope >= 2)
		return found(MACHINE_FAIL, "%s: kernel.yama.ptrace_scope is "
			     "%d; %s", strerror(error), scope, scope == 2 ?
			     "set it to 1 (sysctl -w), or record as root" :
			     "set it to 1 in /etc/sysctl.d and boot again");
	return found(MACHINE_FAIL, "%s: a seccomp filter or security module "
		     "forbids it; start the container with --cap-add=SYS_PTRACE"
		     " or --security-opt seccomp=unconfined", strerror(error));
}

/* Lets the victim into a call, which is then not performed: 0 or errno. */
static int try_sysemu(pid_t child)
{
	int status;

	if (ptrace(PTRACE_SYSEMU, child, NULL, NULL))
		return errno;
	if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status) ||
	    WSTOPSIG(status) != (SIGTRAP | 0x80))
		return EPROTO;
	return 0;
}

static struct machine_finding check_sysemu(void)
{
	pid_t child = start_victim();
	int error = seize_victim(child);

	if (!error)
		error = try_sysemu(child);
	end_victim(child);
	if (error)
		return found(MACHINE_FAIL, "%s: replaying needs it; gVisor and "
			     "other kernels in user space do not have it",
			     strerror(error));
	return found(MACHINE_OK, "works");
}

static int try_debug_register(pid_t child)
{
	if (ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user, u_debugreg[0]), 0x1000) ||
	    ptrace(PTRACE_POKEUSER, child,
		   offsetof(struct user, u_debugreg[7]), 1))
		return errno;
	return 0;
}

static struct machine_finding check_debug_registers(void)
{
	pid_t child = start_victim();
	int error = seize_victim(child);

	if (!error)
		error = try_debug_register(child);
	end_victim(child);
	if (error)
		return found(MACHINE_WARN, "%s: watchpoints will be slow",
			     strerror(error));
	return found(MACHINE_OK, "work");
}

static struct machine_finding check_memory_file(void)
{
	static char word = 'a';
	pid_t child = proc_is_ours() ? start_victim() : -1;
	int error = child < 0 ? 0 : seize_victim(child);
	AUTO(heap_free) char *path = xasprintf("/proc/%d/mem", child);
	AUTO(fd_close) int fd = open(path, O_RDWR | O_CLOEXEC);

	if (!proc_is_ours())
		return found(MACHINE_FAIL, "/proc is not there or that of "
			     "another pid namespace (unshare --mount-proc)");
	if (!error && (fd < 0 ||
		       pwrite(fd, "b", 1, (off_t)(uintptr_t)&word) != 1))
		error = errno;
	end_victim(child);
	if (error)
		return found(MACHINE_FAIL, "write /proc/PID/mem: %s; the boot "
			     "option proc_mem.force_override or a security "
			     "module forbids it", strerror(error));
	return found(MACHINE_OK, "can be read and written");
}

static int install_filter(void)
{
	struct sock_filter allow[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 1, allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return errno;
	return 0;
}

static struct machine_finding check_seccomp(void)
{
	int error = in_child(install_filter);

	if (error)
		return found(MACHINE_WARN, "%s: the kernel lacks "
			     "CONFIG_SECCOMP_FILTER; replay has no second "
			     "line of defence", strerror(error));
	return found(MACHINE_OK, "filters can be installed");
}

/* The smallest program: exit(42). */
static size_t tiny_program(unsigned char bytes[256])
{
	static const unsigned char code[] = {
		0xb8, 60, 0, 0, 0,	/* mov $60, %eax */
		0xbf, 42, 0, 0, 0,	/* mov $42, %edi */
		0x0f, 0x05,		/* syscall */
	};
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
	};
	size_t size = sizeof(header) + sizeof(Elf64_Phdr) + sizeof(code);
	Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		.p_vaddr = 0x400000, .p_filesz = size, .p_memsz = size,
		.p_align = 0x1000,
	};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &segment, sizeof(segment));
	memcpy(bytes + sizeof(header) + sizeof(segment), code, sizeof(code));
	return size;
}

static int exec_memfd(void)
{
	unsigned char bytes[256];
	size_t size = tiny_program(bytes);
	char *arguments[] = { (char *)"check", NULL };
	int fd = (int)syscall(SYS_memfd_create, "check",
			      MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, "check", MFD_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, bytes, size) != (ssize_t)size)
		return errno;
	fexecve(fd, arguments, arguments + 1);
	return errno;
}

static struct machine_finding check_memfd(void)
{
	int policy = read_number("/proc/sys/vm/memfd_noexec");
	int outcome = in_child(exec_memfd);

	if (outcome == 42)
		return found(MACHINE_OK, "can be created and executed%s",
			     policy == 1 ? " (vm.memfd_noexec=1: only with "
			     "MFD_EXEC)" : "");
	return found(MACHINE_WARN, "%s%s; replay uses nameless files in $TMPDIR"
		     " instead", strerror(outcome), policy >= 2 ?
		     ": vm.memfd_noexec is 2" : "");
}

static struct machine_finding check_pidfd_getfd(void)
{
	pid_t child = start_victim();
	AUTO(fd_close) int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	AUTO(fd_close) int fd = -1;
	int error = 0;

	fd = (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
	if (fd < 0)
		error = errno;
	end_victim(child);
	if (error)
		return found(MACHINE_WARN, "%s: descriptors are opened again "
			     "through /proc instead", strerror(error));
	return found(MACHINE_OK, "works");
}

static struct machine_finding check_kcmp(void)
{
	pid_t child = start_victim();
	long same = syscall(SYS_kcmp, getpid(), child, KCMP_FILE,
			    STDERR_FILENO, STDERR_FILENO);
	int error = errno;

	end_victim(child);
	if (same < 0)
		return found(MACHINE_WARN, "%s: shared descriptors are told "
			     "by device and inode only", strerror(error));
	return found(MACHINE_OK, "works");
}

static int set_cpuid_fault(void)
{
	return syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) ? errno : 0;
}

static struct machine_finding check_cpuid(void)
{
	int error = in_child(set_cpuid_fault);

	if (error)
		return found(MACHINE_OK, "absent (%s): reel finds cpuid "
			     "instructions by scanning code",
			     strerror(error));
	return found(MACHINE_OK, "present");
}

static int trap_tsc(void)
{
	if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0))
		return errno;
	return __rdtsc() ? EPROTO : EPROTO;
}

static struct machine_finding check_tsc(void)
{
	/* The child dies of SIGSEGV where it works. */
	int error = in_child(trap_tsc);

	if (error == EINTR)
		return found(MACHINE_OK, "works");
	return found(MACHINE_FAIL, "%s: rdtsc cannot be trapped with "
		     "PR_SET_TSC; this is no Linux kernel, or a very old one",
		     error == EPROTO ? "it is accepted and does nothing" :
				       strerror(error));
}

static int drop_randomization(void)
{
	return personality(ADDR_NO_RANDOMIZE) < 0 ? errno : 0;
}

static struct machine_finding check_personality(void)
{
	int error = in_child(drop_randomization);

	if (error)
		return found(MACHINE_WARN, "%s: programs keep randomized "
			     "addresses, as with --aslr (containers forbid "
			     "personality(2)); recording works all the same",
			     strerror(error));
	return found(MACHINE_OK, "can be switched off");
}

static struct machine_finding check_perf(void)
{
	struct perf_event_attr wanted = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(wanted),
		.bp_type = HW_BREAKPOINT_X,
		.bp_addr = 0x1000,
		.bp_len = sizeof(long),
		.sample_period = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	AUTO(fd_close) int fd = (int)syscall(SYS_perf_event_open, &wanted, 0,
					     -1, -1, 0);

	if (fd < 0)
		return found(MACHINE_OK, "not available (%s); never needed",
			     strerror(errno));
	return found(MACHINE_OK, "breakpoint events work; never needed");
}

static const char *file_system_name(const char *path)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{ 0xef53, "ext2/3/4" },	{ 0x58465342, "xfs" },
		{ 0x9123683e, "btrfs" }, { 0x01021994, "tmpfs" },
		{ 0x794c7630, "overlay" }, { 0x6969, "nfs" },
		{ 0x01021997, "9p" },	{ 0x65735546, "fuse" },
		{ 0x2fc12fc1, "zfs" },	{ 0xf2f52010, "f2fs" },
		{ 0xff534d42, "cifs" },	{ 0xfe534d42, "smb2" },
		{ 0x00c36400, "ceph" },	{ 0x4d44, "vfat" },
	};
	struct statfs status;

	if (statfs(path, &status))
		return "unknown file system";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].magic == (unsigned long)status.f_type)
			return known[i].name;
	}
	return "another file system";
}

/* The directory itself, or the nearest one above that exists. */
static char *nearest_directory(const char *path)
{
	char *nearest = xstrdup(path);

	while (access(nearest, F_OK) && strrchr(nearest, '/')) {
		char *slash = strrchr(nearest, '/');

		slash[slash == nearest] = '\0';
		if (slash == nearest)
			break;
	}
	return nearest;
}

static struct machine_finding check_traces(void)
{
	AUTO(heap_free) char *root = NULL;
	AUTO(heap_free) char *nearest = NULL;
	AUTO(heap_free) char *probe = NULL;
	char size[HUMAN_LENGTH];
	struct statvfs space;
	AUTO(fd_close) int fd = -1;

	if (trace_root(&root))
		return found(MACHINE_WARN, "set REEL_TRACES, or record with "
			     "-o");
	nearest = nearest_directory(root);
	probe = xasprintf("%s/.reel-doctor-XXXXXX", nearest);
	fd = mkostemp(probe, O_CLOEXEC);
	if (fd < 0)
		return found(MACHINE_WARN, "%s: %s; set REEL_TRACES to a "
			     "directory that can be written, or record with "
			     "-o", root, strerror(errno));
	unlink(probe);
	if (statvfs(nearest, &space))
		return found(MACHINE_WARN, "%s: %s", nearest, strerror(errno));
	human_size((uint64_t)space.f_bavail * space.f_frsize, size);
	return found((uint64_t)space.f_bavail * space.f_frsize < 100u << 20 ?
		     MACHINE_WARN : MACHINE_OK,
		     "%s on %s, %s free", root, file_system_name(nearest),
		     size);
}

const struct machine_check machine_checks[] = {
	{ "kernel", check_kernel },
	{ "processor", check_cpu },
	{ "ptrace", check_ptrace },
	{ "PTRACE_SYSEMU", check_sysemu },
	{ "tracee memory", check_memory_file },
	{ "PR_SET_TSC", check_tsc },
	{ "seccomp", check_seccomp },
	{ "memfd", check_memfd },
	{ "pidfd_getfd", check_pidfd_getfd },
	{ "kcmp", check_kcmp },
	{ "randomization", check_personality },
	{ "CPUID faulting", check_cpuid },
	{ "debug registers", check_debug_registers },
	{ "perf events", check_perf },
	{ "traces", check_traces },
	{ 0 },
};
