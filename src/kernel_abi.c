/* SPDX-License-Identifier: MIT */
/*
 * Nothing but assertions: the sizes in syscall_rows.h are those of the headers
 * wherever libc or the kernel's headers have the kernel's type.  Left out are
 * structures that grow with the kernel, and those no header declares.
 */
#include "src/kernel_abi.h"

#include <asm/ldt.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/dqblk_xfs.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/hdreg.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/loop.h>
#include <linux/prctl.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/seccomp.h>
#include <linux/serial.h>
#include <linux/vt.h>
#include <mqueue.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/utsname.h>
#include <time.h>
#include <utime.h>

#include "src/syscall_rows.h"

enum {
#define TYPE_SIZE(name, size) SIZE_OF_##name = (size),
	SYSCALL_TYPES(TYPE_SIZE)
#undef TYPE_SIZE
};

#define SAME(name, type) \
	_Static_assert(sizeof(type) == SIZE_OF_##name, #name)

SAME(stat, struct stat);
SAME(statx, struct statx);
SAME(statfs, struct statfs);
SAME(timespec, struct timespec);
SAME(timeval, struct timeval);
SAME(timezone, struct timezone);
SAME(utimbuf, struct utimbuf);
SAME(itimerval, struct itimerval);
SAME(itimerspec, struct itimerspec);
SAME(timex, struct timex);
SAME(tms, struct tms);
SAME(rusage, struct rusage);
SAME(rlimit, struct rlimit);
SAME(sysinfo, struct sysinfo);
SAME(utsname, struct utsname);
SAME(siginfo, siginfo_t);
SAME(sigaltstack, stack_t);
SAME(sigevent, struct sigevent);
SAME(pollfd, struct pollfd);
SAME(epoll_event, struct epoll_event);
SAME(iovec, struct iovec);
SAME(msghdr, struct msghdr);
SAME(mmsghdr, struct mmsghdr);
SAME(linger, struct linger);
SAME(ucred, struct ucred);
SAME(flock, struct flock);
SAME(f_owner_ex, struct f_owner_ex);
SAME(sched_param, struct sched_param);
SAME(cap_header, struct __user_cap_header_struct);
SAME(cap_data, struct __user_cap_data_struct);
SAME(sock_fprog, struct sock_fprog);
SAME(sock_filter, struct sock_filter);
SAME(seccomp_notif_sizes, struct seccomp_notif_sizes);
SAME(seccomp_notif, struct seccomp_notif);
SAME(seccomp_notif_resp, struct seccomp_notif_resp);
SAME(seccomp_notif_addfd, struct seccomp_notif_addfd);
SAME(user_desc, struct user_desc);
SAME(robust_list_head, struct robust_list_head);
SAME(futex_waitv, struct futex_waitv);
SAME(mq_attr, struct mq_attr);
SAME(sembuf, struct sembuf);
SAME(semid_ds, struct semid_ds);
SAME(msqid_ds, struct msqid_ds);
SAME(shmid_ds, struct shmid_ds);
SAME(seminfo, struct seminfo);
SAME(msginfo, struct msginfo);
SAME(shminfo, struct shminfo);
SAME(shm_info, struct shm_info);
SAME(keyctl_dh, struct keyctl_dh_params);
SAME(keyctl_pkey, struct keyctl_pkey_params);
SAME(keyctl_pkey_query, struct keyctl_pkey_query);
SAME(io_event, struct io_event);
SAME(iocb, struct iocb);
SAME(io_uring_params, struct io_uring_params);
SAME(dqblk, struct if_dqblk);
SAME(dqblk_next, struct if_nextdqblk);
SAME(dqinfo, struct if_dqinfo);
SAME(fs_disk_quota, struct fs_disk_quota);
SAME(fs_quota_stat, struct fs_quota_stat);
SAME(fs_quota_statv, struct fs_quota_statv);
SAME(user_regs, struct user_regs_struct);
SAME(user_fpregs, struct user_fpregs_struct);
SAME(prctl_mm_map, struct prctl_mm_map);
SAME(winsize, struct winsize);
SAME(serial_struct, struct serial_struct);
SAME(serial_icounter, struct serial_icounter_struct);
SAME(serial_rs485, struct serial_rs485);
SAME(vt_stat, struct vt_stat);
SAME(vt_mode, struct vt_mode);
SAME(ifreq, struct ifreq);
SAME(ifconf, struct ifconf);
SAME(arpreq, struct arpreq);
SAME(rtentry, struct rtentry);
SAME(loop_info, struct loop_info);
SAME(loop_info64, struct loop_info64);
SAME(loop_config, struct loop_config);
SAME(hd_geometry, struct hd_geometry);
SAME(blkpg, struct blkpg_ioctl_arg);
SAME(file_clone_range, struct file_clone_range);
SAME(file_dedupe_range, struct file_dedupe_range);
SAME(fsxattr, struct fsxattr);
SAME(fiemap, struct fiemap);
SAME(fstrim_range, struct fstrim_range);
SAME(rand_pool, struct rand_pool_info);
SAME(rtc_time, struct rtc_time);
SAME(rtc_wkalrm, struct rtc_wkalrm);
SAME(rtc_pll, struct rtc_pll_info);
