/* SPDX-License-Identifier: MIT */
/*
 * For tests/container: runs a command under a seccomp filter that denies what Docker's default
 * profile denies to a container with the default capabilities; and one call more if that is asked,
 * or one that a tracer is to be asked about, which nobody is.
 *
 *	container-profile [-NUMBER | +NUMBER] COMMAND [ARGUMENT...]
 */
#include <asm/unistd_64.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CLONE_NEW_ANY 0x7e020000u
#define FIRST_UNKNOWN 452u /* profiles are older than calls */

static const unsigned denied[] = {
	__NR_acct, __NR_add_key, __NR_bpf, __NR_clock_settime,
	__NR_create_module, __NR_delete_module, __NR_fanotify_init,
	__NR_finit_module, __NR_fsconfig, __NR_fsmount, __NR_fsopen,
	__NR_fspick, __NR_get_kernel_syms, __NR_get_mempolicy,
	__NR_init_module, __NR_io_uring_enter, __NR_io_uring_register,
	__NR_io_uring_setup, __NR_ioperm, __NR_iopl, __NR_kcmp,
	__NR_kexec_file_load, __NR_kexec_load, __NR_keyctl,
	__NR_lookup_dcookie, __NR_mbind, __NR_mount, __NR_mount_setattr,
	__NR_move_mount, __NR_move_pages, __NR_nfsservctl,
	__NR_open_by_handle_at, __NR_open_tree, __NR_perf_event_open,
	__NR_pidfd_getfd, __NR_pivot_root, __NR_process_madvise,
	__NR_query_module, __NR_quotactl, __NR_quotactl_fd, __NR_reboot,
	__NR_request_key, __NR_set_mempolicy, __NR_setdomainname,
	__NR_sethostname, __NR_setns, __NR_settimeofday, __NR_swapoff,
	__NR_swapon, __NR_sysfs, __NR_syslog, __NR_umount2, __NR_unshare,
	__NR_uselib, __NR_userfaultfd, __NR_ustat, __NR_vhangup,
};

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(test, value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_##test | BPF_K, (value), (then), (otherwise))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FAIL(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

/* Calls whose first argument decides; what they leave goes on behind them. */
static const struct sock_filter conditions[] = {
	LOAD(arch),
	IF(JEQ, AUDIT_ARCH_X86_64, 1, 0),
	FAIL(EPERM),
	LOAD(nr),
	IF(JEQ, __NR_clone3, 0, 1),
	FAIL(ENOSYS), /* its flags are in memory */
	IF(JEQ, __NR_clone, 0, 4),
	LOAD(args[0]),
	IF(JSET, CLONE_NEW_ANY, 0, 1),
	FAIL(EPERM),
	ALLOW,
	IF(JEQ, __NR_personality, 0, 8),
	LOAD(args[0]),
	IF(JEQ, 0, 5, 0),
	IF(JEQ, 0x8, 4, 0),
	IF(JEQ, 0x20000, 3, 0),
	IF(JEQ, 0x20008, 2, 0),
	IF(JEQ, 0xffffffff, 1, 0),
	FAIL(EPERM),
	ALLOW,
	IF(JGE, FIRST_UNKNOWN, 0, 1),
	FAIL(EPERM),
};

#define CONDITIONS (sizeof(conditions) / sizeof(*conditions))
#define DENIED (sizeof(denied) / sizeof(*denied))

static int install(unsigned number, unsigned verdict)
{
	struct sock_filter code[CONDITIONS + 2 * DENIED + 3];
	struct sock_fprog program = { 0, code };

	for (size_t i = 0; i < CONDITIONS; i++)
		code[program.len++] = conditions[i];
	for (size_t i = 0; i < DENIED; i++) {
		code[program.len++] = (struct sock_filter)
			IF(JEQ, denied[i], 0, 1);
		code[program.len++] = (struct sock_filter)FAIL(EPERM);
	}
	code[program.len++] = (struct sock_filter)
		IF(JEQ, number, 0, 1);
	code[program.len++] = (struct sock_filter)
		BPF_STMT(BPF_RET | BPF_K, verdict);
	code[program.len++] = (struct sock_filter)ALLOW;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
	unsigned number = FIRST_UNKNOWN;
	unsigned verdict = SECCOMP_RET_ERRNO | EPERM;

	if (argc > 1 && (argv[1][0] == '-' || argv[1][0] == '+')) {
		number = (unsigned)atoi(argv[1] + 1);
		if (argv[1][0] == '+')
			verdict = SECCOMP_RET_TRACE;
		argv++;
		argc--;
	}
	if (argc < 2 || install(number, verdict)) {
		perror("container");
		return 99;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 98;
}
