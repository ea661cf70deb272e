/* SPDX-License-Identifier: MIT */
/*
 * What a row of the system call table is made of.
 *
 * Private to the interpreter (syscall_table.c) and to the decoders of `reel
 * dump`.  The interpreter alone turns rooms into extents; a decoder only asks
 * how an argument is called and how its value or its bytes are to be printed.
 *
 * The lists are X-macros, so that a decoder can make tables that a missing
 * entry leaves visibly empty:
 *	static const char *const names[] = { SYSCALL_TYPES(NAME_OF_TYPE) };
 */
#ifndef REEL_SYSCALL_ROWS_H
#define REEL_SYSCALL_ROWS_H

#include <stdint.h>

#include "src/syscall_table.h"

/* How the value of an argument, or a result, is written. */
enum value_format {
	VALUE_NONE,	/* no such argument; a result that is 0 or an errno */
	VALUE_FD,	/* int: a descriptor, -1 for none */
	VALUE_DIRFD,	/* int: a descriptor or AT_FDCWD */
	VALUE_INT,	/* int, decimal */
	VALUE_UNSIGNED, /* unsigned int, decimal */
	VALUE_LONG,	/* 64 bits signed, decimal */
	VALUE_SIZE,	/* 64 bits unsigned, decimal */
	VALUE_HEX,	/* 64 bits, hexadecimal */
	VALUE_OFFSET,	/* 64 bits signed: position in a file */
	VALUE_ADDRESS,	/* an address that is not followed; 0 is NULL */
	VALUE_MODE,	/* permission bits, octal */
	VALUE_PID,	/* int */
	VALUE_SIGNAL,	/* int: SIGINT, ... */
	VALUE_UID,	/* unsigned int, -1 for "unchanged" */
	VALUE_GID,
	VALUE_DEVICE,	/* dev_t: makedev(major, minor) */
	VALUE_FLAGS,	/* int, or long: bits out of a flag table, or'ed */
	VALUE_CHOICE,	/* the same: exactly one value of such a table */
	VALUE_MEMORY,	/* an address of something: see direction and type */
	VALUE_UNUSED,	/* the kernel does not look at it */
};

/* Whether the kernel reads or writes what an argument points to. */
enum memory_direction {
	DIRECTION_NONE, /* the argument is a value */
	DIRECTION_IN,
	DIRECTION_OUT,
	DIRECTION_INOUT,
};

/*
 * What memory holds, and bytes of one element of it as the kernel has it.
 * An extent may hold several elements (an array), or fewer bytes than one (an
 * old, short version of an extensible structure; a structure of which the
 * kernel writes the first fields): printers must check the length.
 */
#define SYSCALL_TYPES(X)                                                      \
	X(none, 1)            /* argument is a value */                       \
	X(bytes, 1)           /* payload: text or binary */                   \
	X(path, 1)            /* NUL-terminated file name */                  \
	X(string, 1)          /* NUL-terminated, other than a file name */    \
	X(names, 1)           /* NUL-terminated strings in a row */           \
	X(strings, 8)         /* argv: pointers to strings, NULL last */      \
	X(iovec, 16)                                                          \
	X(msghdr, 56)                                                         \
	X(mmsghdr, 64)                                                        \
	X(i32, 4)             /* decimal */                                   \
	X(u32, 4)                                                             \
	X(i64, 8)                                                             \
	X(u64, 8)                                                             \
	X(u16, 2)                                                             \
	X(u8, 1)                                                              \
	X(hex32, 4)                                                           \
	X(hex64, 8)                                                           \
	X(pointer, 8)                                                         \
	X(fd, 4)              /* int: a descriptor */                         \
	X(pid, 4)                                                             \
	X(uid, 4)                                                             \
	X(gid, 4)                                                             \
	X(offset, 8)                                                          \
	X(wait_status, 4)                                                     \
	X(signal, 4)                                                          \
	X(socklen, 4)                                                         \
	X(futex_word, 4)                                                      \
	X(sigset, 8)                                                          \
	X(sigaction, 32)      /* handler, flags, restorer, mask */            \
	X(siginfo, 128)                                                       \
	X(sigaltstack, 24)                                                    \
	X(sigevent, 64)                                                       \
	X(sigset_argument, 16) /* pselect6: pointer to the set, its size */   \
	X(stat, 144)                                                          \
	X(statx, 256)                                                         \
	X(statfs, 120)                                                        \
	X(ustat, 32)                                                          \
	X(dirent, 1)          /* records of getdents */                       \
	X(dirent64, 1)                                                        \
	X(timespec, 16)                                                       \
	X(timeval, 16)                                                        \
	X(timezone, 8)                                                        \
	X(utimbuf, 16)                                                        \
	X(itimerval, 32)                                                      \
	X(itimerspec, 32)                                                     \
	X(timex, 208)                                                         \
	X(tms, 32)                                                            \
	X(time, 8)                                                            \
	X(timer, 4)           /* kernel's timer_t */                          \
	X(rusage, 144)                                                        \
	X(rlimit, 16)                                                         \
	X(sysinfo, 112)                                                       \
	X(utsname, 390)                                                       \
	X(pollfd, 8)                                                          \
	X(fd_set, 1)          /* as long as nfds needs */                     \
	X(epoll_event, 12)                                                    \
	X(epoll_params, 8)                                                    \
	X(sockaddr, 1)        /* sa_family tells which */                     \
	X(sockopt, 1)         /* value of a socket option */                  \
	X(cmsg, 1)            /* control messages */                          \
	X(linger, 8)                                                          \
	X(ucred, 12)                                                          \
	X(flock, 32)                                                          \
	X(f_owner_ex, 8)                                                      \
	X(open_how, 24)                                                       \
	X(file_handle, 1)     /* handle_bytes, handle_type, bytes */          \
	X(mount_attr, 32)                                                     \
	X(mnt_id_req, 24)                                                     \
	X(statmount, 1)                                                       \
	X(file_attr, 24)                                                      \
	X(xattr_args, 16)                                                     \
	X(clone_args, 88)                                                     \
	X(sched_param, 4)                                                     \
	X(sched_attr, 48)                                                     \
	X(cpu_set, 1)                                                         \
	X(node_mask, 8)                                                       \
	X(cap_header, 8)                                                      \
	X(cap_data, 12)                                                       \
	X(sock_fprog, 16)                                                     \
	X(sock_filter, 8)                                                     \
	X(seccomp_notif_sizes, 6)                                             \
	X(seccomp_notif, 80)                                                  \
	X(seccomp_notif_resp, 24)                                             \
	X(seccomp_notif_addfd, 24)                                            \
	X(user_desc, 16)                                                      \
	X(ldt, 8)                                                             \
	X(robust_list_head, 24)                                               \
	X(futex_waitv, 24)                                                    \
	X(rseq, 32)                                                           \
	X(mq_attr, 64)                                                        \
	X(msgbuf, 8)          /* mtype, then the text */                      \
	X(sembuf, 6)                                                          \
	X(semid_ds, 104)                                                      \
	X(msqid_ds, 120)                                                      \
	X(shmid_ds, 112)                                                      \
	X(seminfo, 40)                                                        \
	X(msginfo, 32)                                                        \
	X(shminfo, 72)                                                        \
	X(shm_info, 48)                                                       \
	X(cachestat_range, 16)                                                \
	X(cachestat, 40)                                                      \
	X(landlock_ruleset, 24)                                               \
	X(landlock_path, 12)                                                  \
	X(landlock_port, 16)                                                  \
	X(lsm_ctx, 32)                                                        \
	X(lsm_id, 8)                                                          \
	X(key_serial, 4)                                                      \
	X(keyctl_dh, 12)                                                      \
	X(keyctl_pkey, 40)                                                    \
	X(keyctl_pkey_query, 56)                                              \
	X(perf_attr, 136)                                                     \
	X(bpf_attr, 1)                                                        \
	X(kexec_segment, 32)                                                  \
	X(io_event, 32)                                                       \
	X(iocb, 64)                                                           \
	X(io_uring_params, 120)                                               \
	X(dqblk, 72)                                                          \
	X(dqblk_next, 72)                                                     \
	X(dqinfo, 24)                                                         \
	X(fs_disk_quota, 112)                                                 \
	X(fs_quota_stat, 80)                                                  \
	X(fs_quota_statv, 160)                                                \
	X(user_regs, 216)                                                     \
	X(user_fpregs, 512)                                                   \
	X(ptrace_peeksiginfo, 16)                                             \
	X(ptrace_syscall_info, 88)                                            \
	X(ptrace_rseq, 24)                                                    \
	X(ptrace_dispatch, 32)                                                \
	X(prctl_mm_map, 104)                                                  \
	X(pidfd_info, 64)                                                     \
	X(termios, 36)        /* the kernel's, of TCGETS */                   \
	X(termios2, 44)                                                       \
	X(termio, 18)                                                         \
	X(winsize, 8)                                                         \
	X(serial_struct, 72)                                                  \
	X(serial_icounter, 80)                                                \
	X(serial_rs485, 32)                                                   \
	X(ifreq, 40)                                                          \
	X(ifconf, 16)                                                         \
	X(arpreq, 68)                                                         \
	X(rtentry, 120)                                                       \
	X(iwreq, 32)                                                          \
	X(loop_info, 168)                                                     \
	X(loop_info64, 232)                                                   \
	X(loop_config, 304)                                                   \
	X(hd_geometry, 16)                                                    \
	X(blk_range, 16)      /* start, length */                             \
	X(blkpg, 24)                                                          \
	X(file_clone_range, 32)                                               \
	X(file_dedupe_range, 24) /* then dest_count of ..._info */            \
	X(fsxattr, 28)                                                        \
	X(fiemap, 32)         /* then fm_mapped_extents of 56 bytes */        \
	X(fstrim_range, 24)                                                   \
	X(space_resv, 48)                                                     \
	X(fsuuid2, 17)                                                        \
	X(fs_sysfs_path, 129)                                                 \
	X(fscrypt_policy, 12)                                                 \
	X(fsverity, 1)                                                        \
	X(btrfs_vol_args, 4096)                                               \
	X(btrfs_data, 1)                                                      \
	X(rand_pool, 8)       /* entropy_count, buf_size, bytes */            \
	X(rtc_time, 36)                                                       \
	X(rtc_wkalrm, 40)                                                     \
	X(rtc_pll, 32)                                                        \
	X(rtc_param, 24)                                                      \
	X(mnt_ns_info, 16)                                                    \
	X(pm_scan, 96)                                                        \
	X(tun_filter, 1)                                                      \
	X(input_id, 8)                                                        \
	X(input_absinfo, 24)                                                  \
	X(inotify_bytes, 1)                                                   \
	X(kcmp, 8)                                                            \
	X(sg_io_hdr, 88)                                                      \
	X(vt_stat, 6)                                                         \
	X(vt_mode, 8)                                                         \
	X(net_offset, 8)                                                      \
	X(ns_id_req, 32)

enum value_type {
#define TYPE_ENUM(name, size) TYPE_##name,
	SYSCALL_TYPES(TYPE_ENUM)
#undef TYPE_ENUM
	TYPE_COUNT
};

/* Flag tables: named bits or named values of an integer. */
#define SYSCALL_FLAG_TABLES(X)                                                \
	X(none) X(open) X(access) X(access_mode) X(seek) X(at) X(at_statx)    \
	X(statx_mask) X(mmap_prot) X(mmap) X(mremap) X(madvise) X(msync)      \
	X(mlock2) X(mlockall) X(clone) X(clone3) X(unshare) X(wait)           \
	X(wait_id) X(sigprocmask) X(socket_domain) X(socket_type)             \
	X(socket_shutdown) X(msg) X(sol) X(so) X(sol_ip) X(sol_ipv6)          \
	X(sol_tcp) X(sol_udp) X(sol_packet) X(sol_netlink) X(fcntl)           \
	X(fd_cloexec) X(file_status) X(lease) X(dnotify) X(seal) X(rw_hint)   \
	X(flock) X(ioctl) X(prctl) X(arch_prctl) X(futex) X(futex2)           \
	X(futex_waitv) X(ptrace) X(ptrace_options) X(ipc_get) X(ipc_msg)      \
	X(semctl) X(msgctl) X(shmctl) X(shmat) X(quotactl) X(keyctl)          \
	X(key_perm) X(bpf) X(perf_open) X(epoll_create) X(epoll_ctl)          \
	X(poll) X(eventfd) X(timerfd_create) X(timerfd_settime) X(signalfd)   \
	X(inotify_init) X(inotify) X(fanotify_init) X(fanotify_event)         \
	X(fanotify_mark) X(pipe) X(dup3) X(splice) X(rwf) X(fallocate)        \
	X(fadvise) X(sync_file_range) X(rename) X(mount) X(umount)            \
	X(fsopen) X(fsmount) X(fspick) X(fsconfig) X(mount_attr)              \
	X(move_mount) X(open_tree) X(statmount) X(xattr) X(getrandom)         \
	X(memfd) X(membarrier) X(mempolicy) X(mbind) X(get_mempolicy)         \
	X(move_pages) X(kcmp) X(module) X(delete_module) X(kexec)             \
	X(kexec_file) X(seccomp) X(seccomp_flags) X(rseq) X(pidfd_open)       \
	X(pidfd_signal) X(process_mrelease) X(close_range) X(landlock)        \
	X(landlock_rule) X(landlock_restrict) X(lsm) X(lsm_id)                \
	X(sched_policy) X(sched_attr) X(priority_which) X(rlimit)             \
	X(rusage_who) X(itimer) X(clock) X(timer) X(adjtimex) X(personality)  \
	X(reboot) X(syslog) X(swapon) X(pkey_access) X(ioprio_which)          \
	X(io_uring_enter) X(io_uring_register) X(userfaultfd)                 \
	X(name_to_handle) X(mq_open) X(modify_ldt) X(sysfs) X(acct)           \
	X(shadow_stack) X(signal_flags) X(tty_flush) X(tty_flow)              \
	X(pr_mm) X(pr_cap_ambient) X(pr_seccomp) X(pr_timing) X(pr_mce)       \
	X(pr_spec) X(pr_spec_value) X(pr_sched_core) X(pr_mdwe)               \
	X(pr_fp_mode) X(pr_unalign) X(pr_tsc) X(pr_endian) X(securebits)      \
	X(signal) X(errno_value) X(pr_futex_hash) X(namespace)                \
	X(tty_modem) X(tty_ldisc) X(fs_flags) X(msgrcv)

enum flag_table {
#define FLAGS_ENUM(name) FLAGS_##name,
	SYSCALL_FLAG_TABLES(FLAGS_ENUM)
#undef FLAGS_ENUM
	FLAGS_COUNT
};

/*
 * How many elements memory has room for, in terms of what is known at entry.
 * Bytes are base + unit * elements.
 */
enum room_kind {
	ROOM_NONE,
	ROOM_FIXED,	  /* unit bytes */
	ROOM_SIZE,	  /* 64-bit count in an argument */
	ROOM_INT,	  /* int count in an argument; negative: none */
	ROOM_UNSIGNED,	  /* unsigned int count in an argument */
	ROOM_LENGTH_AT,	  /* u32 count at `field` of where one points */
	ROOM_SIZE_AT,	  /* u64 count likewise */
	ROOM_STRING,	  /* up to NUL */
	ROOM_LIMIT,	  /* nothing says; the kernel's own limit */
	ROOM_STRINGS,	  /* pointers to strings, up to NULL */
	ROOM_VECTOR,	  /* iovecs, their count in an argument */
	ROOM_MSGHDR,	  /* one msghdr */
	ROOM_MMSGHDR,	  /* mmsghdrs, their count in an argument */
	ROOM_FD_SET,	  /* bits, as many as an argument (int) says */
	ROOM_NODE_MASK,	  /* bits, one fewer than an argument says */
	ROOM_PAGES,	  /* one element a page of an argument's bytes */
	ROOM_OWN_U32,	  /* u32 count within the memory itself, at `field` */
	ROOM_OWN_U16,	  /* u16 count likewise */
	ROOM_OWN_U64,	  /* u64 count likewise */
	ROOM_OWN_U8,	  /* u8 count likewise */
	ROOM_NUMBER,	  /* the size in the number of an ioctl */
	ROOM_OWN_SIZE,	  /* u32 size of the memory at `field` of itself */
	ROOM_IFCONF,	  /* struct ifconf and the buffer it names */
	ROOM_IW_POINT,	  /* struct iwreq and the bytes its iw_point names */
	ROOM_REGSET,	  /* iovec and its buffer; the length is updated */
	ROOM_REGSET_READ, /* the same where the buffer is read */
	ROOM_FPROG,	  /* struct sock_fprog and the filter it names */
	ROOM_SIGSET,	  /* pointer and size of a signal set (pselect6) */
	ROOM_CAP_DATA,	  /* as many as the version in an argument has */
	ROOM_CLONE_ARGS,  /* clone3: size in an argument, words written */
	ROOM_XATTR_ARGS,  /* getxattrat: size in an argument, and the value */
	ROOM_NAMED,	  /* size in an argument; the address at `field` of it
			     names as many elements as the u32 at `base` */
};

/* How much of the room the kernel has filled, known at exit. */
enum filled_kind {
	FILLED_ROOM,	  /* all of it */
	FILLED_RETURNED,  /* base + unit * result */
	FILLED_RETURNED_INT, /* the same, of its low 32 bits */
	FILLED_LENGTH_AT, /* base + unit * u32 where an argument points */
	FILLED_SIZE_AT,	  /* the same with a u64 */
	FILLED_OWN,	  /* what the room's own count says at exit */
	FILLED_STRING,	  /* up to NUL */
};

/* With which results the kernel writes. */
enum written_when {
	WHEN_SUCCESS,	  /* not an errno */
	WHEN_POSITIVE,	  /* result > 0 */
	WHEN_INTERRUPTED, /* -EINTR, -ERESTART* only */
	WHEN_WAITED,	  /* success, -EINTR, -ERESTART*, -ENOMEM */
	WHEN_ALWAYS,	  /* whatever the result */
};

struct row_argument {
	const char *name;
	uint8_t format;	   /* enum value_format */
	uint8_t table;	   /* enum flag_table of FLAGS and CHOICE */
	uint8_t is_long;   /* FLAGS and CHOICE: all 64 bits count */
	uint8_t direction; /* enum memory_direction */
	uint8_t type;	   /* enum value_type of MEMORY */
	uint8_t room;	   /* enum room_kind */
	uint8_t count;	   /* argument with the room's count */
	uint8_t filled;	   /* enum filled_kind */
	uint8_t filled_by; /* argument with the filled count */
	uint8_t when;	   /* enum written_when */
	uint8_t bulk;	   /* payload: a reader needs only its start */
	uint16_t base;	   /* bytes before the counted elements */
	uint16_t field;	   /* offset of a count within the memory */
	uint32_t unit;	   /* bytes of one counted element; 0: the type's */
	uint32_t limit;	   /* the kernel refuses more bytes; 0: no limit */
	uint8_t needs_argument; /* used only where this argument has ... */
	uint64_t needs;	   /* ... any of these bits; 0: always */
};

struct syscall_requests;

struct syscall_row {
	const char *name; /* of the call; of the request in request rows */
	uint64_t request; /* request rows: the value, under the key's mask */
	uint8_t replay;	  /* enum syscall_replay */
	uint8_t blocking; /* enum syscall_blocking */
	uint8_t returns;  /* enum value_format of a good result */
	uint8_t is_sized; /* REQUEST_SIZED */
	uint8_t return_table;  /* enum flag_table of FLAGS and CHOICE */
	int refusal;	  /* negative errno of REPLAY_REFUSE */
	const struct syscall_requests *requests; /* NULL: not keyed */
	struct row_argument arguments[SYSCALL_ARGUMENTS];
};

/* Rows of one call, keyed by a request in an argument. */
struct syscall_requests {
	uint64_t mask;	   /* of the request that counts */
	uint8_t argument;  /* that holds the request */
	uint8_t shift;	   /* request = (value & mask) >> shift */
	uint8_t second;	   /* another argument: request = first << 32 | second;
			      0 is none */
	const struct syscall_row *rows;
	unsigned count;
};

/* Row of the number alone, or NULL; syscall_call.row may be a request's. */
const struct syscall_row *syscall_row_of_number(int number);

/* How many arguments the row has. */
unsigned syscall_row_arguments(const struct syscall_row *row);

/* "buf"; the argument must be one that the row has. */
static inline const char *row_argument_name(const struct syscall_row *row,
					    unsigned argument)
{
	return row->arguments[argument].name;
}

static inline enum value_format
row_argument_format(const struct syscall_row *row, unsigned argument)
{
	return (enum value_format)row->arguments[argument].format;
}

static inline enum flag_table
row_argument_table(const struct syscall_row *row, unsigned argument)
{
	return (enum flag_table)row->arguments[argument].table;
}

static inline enum memory_direction
row_argument_direction(const struct syscall_row *row, unsigned argument)
{
	return (enum memory_direction)row->arguments[argument].direction;
}

static inline enum value_type
row_argument_type(const struct syscall_row *row, unsigned argument)
{
	return (enum value_type)row->arguments[argument].type;
}

/* Elements a call's argument may hold, as measured at entry. */
uint64_t syscall_argument_elements(const struct syscall_call *call,
				   unsigned argument);

/* How the result is written when it is no errno. */
static inline enum value_format row_return_format(const struct syscall_row *row)
{
	return (enum value_format)row->returns;
}

static inline enum flag_table row_return_table(const struct syscall_row *row)
{
	return (enum flag_table)row->return_table;
}

/* Bytes of one element of a type, and the type's name ("stat"). */
uint32_t syscall_type_size(enum value_type type);
const char *syscall_type_name(enum value_type type);

#endif
