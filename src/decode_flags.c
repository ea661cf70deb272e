/* SPDX-License-Identifier: MIT */
/*
 * The flag tables of the rows: most are lists of names, some are a value and
 * bits in one word and need a function.
 */
#include "src/decode_types.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <linux/mempolicy.h>
#include <linux/quota.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>

#ifndef SWAP_FLAG_PRIO_MASK
#define SWAP_FLAG_PRIO_MASK 0x7fff
#endif

/* These stand in the low bits of flags, or beside them. */
#define IPC_64 0x100
#define SPLIT_HUGE_SHIFT 26
#define SPLIT_HUGE_MASK 0x3f
#define MAP_TYPE_BITS 0x0f
#define MOUNT_MAGIC 0xc0ed0000u
#define MOUNT_MAGIC_MASK 0xffff0000u
#define FUTEX2_SIZE_BITS 3
#define CLOCK_KIND_BITS 7

static void print_open(struct decoder *decoder, uint64_t value)
{
	static const char *const modes[] = {
		"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"
	};

	text_add(decoder->text, modes[value & O_ACCMODE]);
	decode_more_flags(decoder->text, names_open_flags,
			  (uint32_t)value & ~(uint64_t)O_ACCMODE);
}

/* One bit has a meaning of its own in these calls. */
static void print_at(struct decoder *decoder, uint64_t value)
{
	const struct decode_name *names = names_at_flags;

	if (decoder->call.number == SYS_unlinkat)
		names = names_unlink_flags;
	else if (decoder->call.number == 439) /* faccessat2 */
		names = names_access_flags;
	else if (decoder->call.number == SYS_execveat)
		names = names_execveat_flags;
	decode_flags(decoder->text, names, (uint32_t)value);
}

/* The size of huge pages, as its logarithm, above the flags. */
static void print_huge(struct text *text, uint64_t value, const char *prefix)
{
	uint64_t size = value >> SPLIT_HUGE_SHIFT & SPLIT_HUGE_MASK;
	const char *name = decode_name(names_huge_sizes, size);

	if (!size)
		return;
	if (name)
		text_format(text, "|%s%s", prefix, name);
	else
		text_format(text, "|%" PRIu64 "<<%s_SHIFT", size, prefix);
}

static void print_mmap(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = (uint32_t)value & ~(uint64_t)MAP_TYPE_BITS;
	uint64_t huge = 0;

	if (flags & MAP_HUGETLB)
		huge = flags & (uint64_t)SPLIT_HUGE_MASK << SPLIT_HUGE_SHIFT;
	decode_enum(decoder->text, names_map_types, value & MAP_TYPE_BITS);
	decode_more_flags(decoder->text, names_map_flags, flags & ~huge);
	print_huge(decoder->text, huge, "MAP_HUGE");
}

static void print_memfd(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = (uint32_t)value;
	uint64_t huge = flags & (uint64_t)SPLIT_HUGE_MASK << SPLIT_HUGE_SHIFT;

	decode_flags(decoder->text, names_memfd_flags, flags & ~huge);
	print_huge(decoder->text, huge, "MFD_HUGE");
}

static void print_clone(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = value & ~(uint64_t)CSIGNAL;
	uint64_t signal = value & CSIGNAL;

	if (flags)
		decode_flags(decoder->text, names_clone_flags, flags);
	if (flags && signal)
		text_add(decoder->text, "|");
	if (signal || !flags)
		decode_signal(decoder->text, (int64_t)signal);
}

static void print_clone3(struct decoder *decoder, uint64_t value)
{
	uint64_t new_time = value & 0x80; /* CSIGNAL is a field of its own */

	decode_flags(decoder->text, names_clone_flags, value & ~new_time);
	if (new_time)
		text_add(decoder->text, "|CLONE_NEWTIME");
}

static void print_socket_type(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = value & (SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (decoder->call.number == SYS_accept4) {
		decode_flags(decoder->text, names_socket_flags, value);
		return;
	}
	decode_enum(decoder->text, names_socket_types, value & ~flags);
	decode_more_flags(decoder->text, names_socket_flags, flags);
}

static void print_flock(struct decoder *decoder, uint64_t value)
{
	decode_flags(decoder->text, names_flock_ops,
		     value & ~(uint64_t)LOCK_NB);
	if (value & LOCK_NB)
		text_add(decoder->text, "|LOCK_NB");
}

static void print_futex(struct decoder *decoder, uint64_t value)
{
	const char *name = decode_name(names_futex_ops,
				       value & FUTEX_CMD_MASK);
	uint64_t flags = (uint32_t)value & ~FUTEX_CMD_MASK;

	if (name)
		text_add(decoder->text, name);
	else
		text_format(decoder->text, "%#x /* FUTEX_??? */",
			    (unsigned)value & FUTEX_CMD_MASK);
	if (flags & FUTEX_PRIVATE_FLAG)
		text_add(decoder->text, name ? "_PRIVATE" :
				       "|FUTEX_PRIVATE_FLAG");
	if (flags & FUTEX_CLOCK_REALTIME)
		text_add(decoder->text, "|FUTEX_CLOCK_REALTIME");
}

static void print_futex2(struct decoder *decoder, uint64_t value)
{
	decode_enum(decoder->text, names_futex2_sizes,
		    value & FUTEX2_SIZE_BITS);
	decode_more_flags(decoder->text, names_futex2_flags,
			  (uint32_t)value & ~(uint64_t)FUTEX2_SIZE_BITS);
}

static void print_ipc_get(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = (uint32_t)value & ~(uint64_t)0777;
	const char *between = "";

	if (flags) {
		if (decoder->call.number == SYS_shmget) {
			uint64_t huge = flags & 0x1800;

			decode_flags(decoder->text, names_ipc_flags,
				     flags & ~huge);
			decode_more_flags(decoder->text, names_shm_flags,
					  huge);
		} else {
			decode_flags(decoder->text, names_ipc_flags, flags);
		}
		between = "|";
	}
	text_format(decoder->text, "%s%#03o", between,
		    (unsigned)value & 0777);
}

static void print_ipc_command(struct decoder *decoder, uint64_t value,
			      const struct decode_name *own)
{
	uint64_t command = value & ~(uint64_t)IPC_64;
	const struct decode_name *names = names_ipc_cmds;

	if (value & IPC_64)
		text_add(decoder->text, "IPC_64|");
	if (decode_name(own, command))
		names = own;
	decode_enum(decoder->text, names, command);
}

static void print_semctl(struct decoder *decoder, uint64_t value)
{
	print_ipc_command(decoder, value, names_sem_cmds);
}

static void print_msgctl(struct decoder *decoder, uint64_t value)
{
	print_ipc_command(decoder, value, names_msg_cmds);
}

static void print_shmctl(struct decoder *decoder, uint64_t value)
{
	print_ipc_command(decoder, value, names_shm_cmds);
}

static void print_mount(struct decoder *decoder, uint64_t value)
{
	if ((value & MOUNT_MAGIC_MASK) == MOUNT_MAGIC) {
		text_add(decoder->text, "MS_MGC_VAL");
		decode_more_flags(decoder->text, names_mount_flags,
				  value & ~(uint64_t)MOUNT_MAGIC_MASK);
		return;
	}
	decode_flags(decoder->text, names_mount_flags, value);
}

static void print_mempolicy(struct decoder *decoder, uint64_t value)
{
	uint64_t flags = value & MPOL_MODE_FLAGS;

	decode_enum(decoder->text, names_mpol_modes, value & ~flags);
	decode_more_flags(decoder->text, names_mpol_mode_flags, flags);
}

static void print_personality(struct decoder *decoder, uint64_t value)
{
	uint32_t persona = (uint32_t)value;

	if (persona == 0xffffffff) {
		text_add(decoder->text, "0xffffffff");
		return;
	}
	decode_enum(decoder->text, names_personalities, persona & 0xff);
	decode_more_flags(decoder->text, names_personality_flags,
			  persona & ~0xffu);
}

static void print_quotactl(struct decoder *decoder, uint64_t value)
{
	uint64_t command = (uint32_t)value >> SUBCMDSHIFT;
	const struct decode_name *names = names_quota_cmds;

	if (decode_name(names_xquota_cmds, command))
		names = names_xquota_cmds;
	text_add(decoder->text, "QCMD(");
	decode_enum(decoder->text, names, command);
	text_add(decoder->text, ", ");
	decode_enum(decoder->text, names_quota_types, value & SUBCMDMASK);
	text_add(decoder->text, ")");
}

static void print_ioctl(struct decoder *decoder, uint64_t value)
{
	decode_ioctl(decoder->text, (uint32_t)value);
}

/* Negative clocks are made of a pid or a descriptor (posix-timers.h). */
static void print_clock(struct decoder *decoder, uint64_t value)
{
	static const char *const kinds[] = {
		"CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED", "CLOCKFD"
	};
	int32_t clock = (int32_t)value;

	if (clock >= 0)
		decode_enum(decoder->text, names_clocks, (uint64_t)clock);
	else if ((clock & CLOCK_KIND_BITS) == 3)
		text_format(decoder->text, "FD_TO_CLOCKID(%d)", ~(clock >> 3));
	else
		text_format(decoder->text, "%s(%d, %s)",
			    clock & 4 ? "MAKE_THREAD_CPUCLOCK" :
			    "MAKE_PROCESS_CPUCLOCK",
			    ~(clock >> 3), kinds[clock & 3]);
}

static void print_swapon(struct decoder *decoder, uint64_t value)
{
	decode_flags(decoder->text, names_swap_flags,
		     value & ~(uint64_t)SWAP_FLAG_PRIO_MASK);
	if (value & SWAP_FLAG_PREFER)
		text_format(decoder->text, "|%u",
			    (unsigned)value & SWAP_FLAG_PRIO_MASK);
}

static void print_signal(struct decoder *decoder, uint64_t value)
{
	decode_signal(decoder->text, (int32_t)value);
}

static void print_errno(struct decoder *decoder, uint64_t value)
{
	const char *name = decode_errno((int64_t)value);

	if (name)
		text_add(decoder->text, name);
	else
		text_format(decoder->text, "%" PRId64, (int64_t)value);
}

static void print_sched_policy(struct decoder *decoder, uint64_t value)
{
	uint64_t reset = value & 0x40000000;

	decode_enum(decoder->text, names_sched_policies,
		    (uint32_t)value & ~reset);
	if (reset)
		text_add(decoder->text, "|SCHED_RESET_ON_FORK");
}

struct flag_format {
	const struct decode_name *names;
	void (*print)(struct decoder *decoder, uint64_t value);
};

#define NAMES(table) {.names = names_##table}
#define BY(function) {.print = function}

/*
 * A table without an entry has bits that no name is known for, or none: the
 * number is printed.
 */
static const struct flag_format flag_formats[FLAGS_COUNT] = {
	[FLAGS_open] = BY(print_open),
	[FLAGS_access] = NAMES(access_modes),
	[FLAGS_access_mode] = NAMES(access_modes),
	[FLAGS_seek] = NAMES(seek_whence),
	[FLAGS_at] = BY(print_at),
	[FLAGS_at_statx] = NAMES(statx_flags),
	[FLAGS_statx_mask] = NAMES(statx_mask),
	[FLAGS_mmap_prot] = NAMES(prot_flags),
	[FLAGS_mmap] = BY(print_mmap),
	[FLAGS_mremap] = NAMES(mremap_flags),
	[FLAGS_madvise] = NAMES(madvise_advice),
	[FLAGS_msync] = NAMES(msync_flags),
	[FLAGS_mlock2] = NAMES(mlock_flags),
	[FLAGS_mlockall] = NAMES(mlockall_flags),
	[FLAGS_clone] = BY(print_clone),
	[FLAGS_clone3] = BY(print_clone3),
	[FLAGS_unshare] = NAMES(unshare_flags),
	[FLAGS_wait] = NAMES(wait_flags),
	[FLAGS_wait_id] = NAMES(waitid_types),
	[FLAGS_sigprocmask] = NAMES(sigmask_how),
	[FLAGS_socket_domain] = NAMES(socket_families),
	[FLAGS_socket_type] = BY(print_socket_type),
	[FLAGS_socket_shutdown] = NAMES(shutdown_how),
	[FLAGS_msg] = NAMES(msg_flags),
	[FLAGS_sol] = NAMES(socket_levels),
	[FLAGS_so] = BY(decode_socket_option),
	[FLAGS_sol_ip] = NAMES(ip_options),
	[FLAGS_sol_ipv6] = NAMES(ipv6_options),
	[FLAGS_sol_tcp] = NAMES(tcp_options),
	[FLAGS_sol_udp] = NAMES(udp_options),
	[FLAGS_sol_packet] = NAMES(packet_options),
	[FLAGS_sol_netlink] = NAMES(netlink_options),
	[FLAGS_fcntl] = NAMES(fcntl_cmds),
	[FLAGS_fd_cloexec] = NAMES(fd_flags),
	[FLAGS_file_status] = BY(print_open),
	[FLAGS_lease] = NAMES(lock_types),
	[FLAGS_dnotify] = NAMES(notify_flags),
	[FLAGS_seal] = NAMES(seal_flags),
	[FLAGS_rw_hint] = NAMES(rw_hints),
	[FLAGS_flock] = BY(print_flock),
	[FLAGS_ioctl] = BY(print_ioctl),
	[FLAGS_prctl] = NAMES(prctl_options),
	[FLAGS_arch_prctl] = NAMES(arch_prctl_codes),
	[FLAGS_futex] = BY(print_futex),
	[FLAGS_futex2] = BY(print_futex2),
	[FLAGS_futex_waitv] = BY(print_futex2),
	[FLAGS_ptrace] = NAMES(ptrace_requests),
	[FLAGS_ptrace_options] = NAMES(ptrace_options),
	[FLAGS_ipc_get] = BY(print_ipc_get),
	[FLAGS_ipc_msg] = NAMES(msgsnd_flags),
	[FLAGS_semctl] = BY(print_semctl),
	[FLAGS_msgctl] = BY(print_msgctl),
	[FLAGS_shmctl] = BY(print_shmctl),
	[FLAGS_shmat] = NAMES(shmat_flags),
	[FLAGS_quotactl] = BY(print_quotactl),
	[FLAGS_keyctl] = NAMES(keyctl_cmds),
	[FLAGS_bpf] = NAMES(bpf_cmds),
	[FLAGS_perf_open] = NAMES(perf_flags),
	[FLAGS_epoll_create] = NAMES(epoll_create_flags),
	[FLAGS_epoll_ctl] = NAMES(epoll_ops),
	[FLAGS_poll] = NAMES(poll_events),
	[FLAGS_eventfd] = NAMES(eventfd_flags),
	[FLAGS_timerfd_create] = NAMES(timerfd_create_flags),
	[FLAGS_timerfd_settime] = NAMES(timerfd_flags),
	[FLAGS_signalfd] = NAMES(signalfd_flags),
	[FLAGS_inotify_init] = NAMES(inotify_flags),
	[FLAGS_inotify] = NAMES(inotify_events),
	[FLAGS_fanotify_init] = NAMES(fanotify_init_flags),
	[FLAGS_fanotify_event] = NAMES(fanotify_events),
	[FLAGS_fanotify_mark] = NAMES(fanotify_mark_flags),
	[FLAGS_pipe] = NAMES(pipe_flags),
	[FLAGS_dup3] = NAMES(close_exec_flags),
	[FLAGS_splice] = NAMES(splice_flags),
	[FLAGS_rwf] = NAMES(rwf_flags),
	[FLAGS_fallocate] = NAMES(fallocate_flags),
	[FLAGS_fadvise] = NAMES(fadvise_advice),
	[FLAGS_sync_file_range] = NAMES(sync_range_flags),
	[FLAGS_rename] = NAMES(rename_flags),
	[FLAGS_mount] = BY(print_mount),
	[FLAGS_umount] = NAMES(umount_flags),
	[FLAGS_fsopen] = NAMES(fsopen_flags),
	[FLAGS_fsmount] = NAMES(fsmount_flags),
	[FLAGS_fspick] = NAMES(fspick_flags),
	[FLAGS_fsconfig] = NAMES(fsconfig_cmds),
	[FLAGS_mount_attr] = NAMES(mount_attrs),
	[FLAGS_move_mount] = NAMES(move_mount_flags),
	[FLAGS_open_tree] = NAMES(open_tree_flags),
	[FLAGS_statmount] = NAMES(statmount_mask),
	[FLAGS_xattr] = NAMES(xattr_flags),
	[FLAGS_getrandom] = NAMES(getrandom_flags),
	[FLAGS_memfd] = BY(print_memfd),
	[FLAGS_membarrier] = NAMES(membarrier_cmds),
	[FLAGS_mempolicy] = BY(print_mempolicy),
	[FLAGS_mbind] = NAMES(mbind_flags),
	[FLAGS_get_mempolicy] = NAMES(get_mpol_flags),
	[FLAGS_move_pages] = NAMES(mbind_flags),
	[FLAGS_kcmp] = NAMES(kcmp_types),
	[FLAGS_module] = NAMES(module_init_flags),
	[FLAGS_delete_module] = NAMES(delete_module_flags),
	[FLAGS_kexec] = NAMES(kexec_load_flags),
	[FLAGS_kexec_file] = NAMES(kexec_file_flags),
	[FLAGS_seccomp] = NAMES(seccomp_ops),
	[FLAGS_seccomp_flags] = NAMES(seccomp_flags),
	[FLAGS_rseq] = NAMES(rseq_flags),
	[FLAGS_pidfd_open] = NAMES(pidfd_flags),
	[FLAGS_pidfd_signal] = NAMES(pidfd_signal_flags),
	[FLAGS_close_range] = NAMES(close_range_flags),
	[FLAGS_landlock] = NAMES(landlock_flags),
	[FLAGS_landlock_rule] = NAMES(landlock_rules),
	[FLAGS_landlock_restrict] = NAMES(landlock_restrict_flags),
	[FLAGS_lsm] = NAMES(lsm_attrs),
	[FLAGS_lsm_id] = NAMES(lsm_ids),
	[FLAGS_sched_policy] = BY(print_sched_policy),
	[FLAGS_sched_attr] = NAMES(sched_flags),
	[FLAGS_priority_which] = NAMES(priority_which),
	[FLAGS_rlimit] = NAMES(rlimits),
	[FLAGS_rusage_who] = NAMES(rusage_who),
	[FLAGS_itimer] = NAMES(itimers),
	[FLAGS_clock] = BY(print_clock),
	[FLAGS_timer] = NAMES(timer_flags),
	[FLAGS_adjtimex] = NAMES(adjtimex_modes),
	[FLAGS_personality] = BY(print_personality),
	[FLAGS_reboot] = NAMES(reboot_cmds),
	[FLAGS_syslog] = NAMES(syslog_actions),
	[FLAGS_swapon] = BY(print_swapon),
	[FLAGS_pkey_access] = NAMES(pkey_rights),
	[FLAGS_ioprio_which] = NAMES(ioprio_who),
	[FLAGS_io_uring_enter] = NAMES(io_uring_enter_flags),
	[FLAGS_io_uring_register] = NAMES(io_uring_register_ops),
	[FLAGS_userfaultfd] = NAMES(userfaultfd_flags),
	[FLAGS_name_to_handle] = NAMES(handle_flags),
	[FLAGS_mq_open] = BY(print_open),
	[FLAGS_shadow_stack] = NAMES(map_shadow_stack_flags),
	[FLAGS_signal_flags] = NAMES(signal_flags),
	[FLAGS_tty_flush] = NAMES(tcflush_queues),
	[FLAGS_tty_flow] = NAMES(tcflow_actions),
	[FLAGS_pr_mm] = NAMES(prctl_mm),
	[FLAGS_pr_cap_ambient] = NAMES(prctl_cap_ambient),
	[FLAGS_pr_seccomp] = NAMES(seccomp_modes),
	[FLAGS_pr_timing] = NAMES(prctl_timing),
	[FLAGS_pr_mce] = NAMES(prctl_mce),
	[FLAGS_pr_spec] = NAMES(prctl_spec),
	[FLAGS_pr_spec_value] = NAMES(prctl_spec_flags),
	[FLAGS_pr_sched_core] = NAMES(prctl_sched_core),
	[FLAGS_pr_mdwe] = NAMES(prctl_mdwe),
	[FLAGS_pr_fp_mode] = NAMES(prctl_fp_mode),
	[FLAGS_pr_unalign] = NAMES(prctl_unalign),
	[FLAGS_pr_tsc] = NAMES(prctl_tsc),
	[FLAGS_pr_endian] = NAMES(prctl_endian),
	[FLAGS_securebits] = NAMES(securebits),
	[FLAGS_signal] = BY(print_signal),
	[FLAGS_errno_value] = BY(print_errno),
	[FLAGS_pr_futex_hash] = NAMES(prctl_futex_hash),
	[FLAGS_namespace] = NAMES(unshare_flags),
	[FLAGS_tty_modem] = NAMES(modem_lines),
	[FLAGS_tty_ldisc] = NAMES(line_disciplines),
	[FLAGS_fs_flags] = NAMES(inode_flags),
	[FLAGS_msgrcv] = NAMES(msgrcv_flags),
	[FLAGS_modify_ldt] = NAMES(modify_ldt_functions),
	[FLAGS_key_perm] = NAMES(key_permissions),
};

/* The kernel takes most of them as int; sign extension is no flag. */
static uint64_t significant(uint64_t value)
{
	return value >> 32 == 0xffffffff ? (uint32_t)value : value;
}

void decode_table(struct decoder *decoder, enum value_format format,
		  enum flag_table table, uint64_t value)
{
	const struct flag_format *found = &flag_formats[table];

	if (found->print)
		found->print(decoder, value);
	else if (!found->names)
		text_format(decoder->text, value ? "%#" PRIx64 : "%" PRIu64,
			    value);
	else if (format == VALUE_FLAGS)
		decode_flags(decoder->text, found->names,
			     significant(value));
	else if (decode_name(found->names, value))
		decode_enum(decoder->text, found->names, value);
	else
		decode_enum(decoder->text, found->names,
			    (uint64_t)(int64_t)(int32_t)value);
}
