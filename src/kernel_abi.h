/* SPDX-License-Identifier: MIT */
/*
 * Sizes and layouts of the kernel's own types on x86-64, where they matter to
 * the system call table.  libc's types of the same names may differ: its
 * sigset_t has 128 bytes, the kernel's 8.
 */
#ifndef REEL_KERNEL_ABI_H
#define REEL_KERNEL_ABI_H

#include <stdint.h>

#define KERNEL_USER_END (UINT64_C(1) << 56) /* five-level page tables */
#define KERNEL_IOV_MAX 1024u	 /* UIO_MAXIOV */
#define KERNEL_SOCKADDR 128u	 /* struct __kernel_sockaddr_storage */
#define KERNEL_FD_MAX (1u << 20) /* fs.nr_open */
#define KERNEL_NODES_MAX (4096u * 8 + 1) /* bits of a page */
#define KERNEL_PID_LEVELS 32u	 /* MAX_PID_NS_LEVEL */
#define KERNEL_STRINGS_MAX (6u << 20) /* bytes of strings that exec takes */

#define KERNEL_CLONE_PIDFD 0x1000u
#define KERNEL_CLONE_PARENT_SETTID 0x100000u

#define KERNEL_CAPABILITY_1 0x19980330u
#define KERNEL_CAPABILITY_2 0x20071026u
#define KERNEL_CAPABILITY_3 0x20080522u

struct kernel_iovec {
	uint64_t base;
	uint64_t length;
};

struct kernel_msghdr {
	uint64_t name;
	int32_t name_length;
	uint32_t padding;
	uint64_t vector;
	uint64_t vector_length;
	uint64_t control;
	uint64_t control_length;
	uint32_t flags;
	uint32_t padding_end;
};

_Static_assert(sizeof(struct kernel_iovec) == 16, "struct iovec");
_Static_assert(sizeof(struct kernel_msghdr) == 56, "struct user_msghdr");

#endif
