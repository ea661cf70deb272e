/* SPDX-License-Identifier: MIT */
/* bpf(2) without maps, as container runtimes use it: load, attach, query. */
#include <linux/bpf.h>
#include <sys/mount.h>

#include "tracee.h"

static long bpf(int command, union bpf_attr *attr, size_t size)
{
	return syscall(SYS_bpf, command, attr, size);
}

static int load(struct bpf_insn *code, unsigned count, char *log, size_t room)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)code,
		.insn_cnt = count,
		.license = (uintptr_t)"MIT",
		.log_level = 1,
		.log_size = room,
		.log_buf = (uintptr_t)log,
	};

	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void query(int group)
{
	uint32_t ids[4] = { 0 };
	union bpf_attr attr = {
		.query.target_fd = group,
		.query.attach_type = BPF_CGROUP_DEVICE,
		.query.prog_ids = (uintptr_t)ids,
		.query.prog_cnt = 4,
	};

	if (bpf(BPF_PROG_QUERY, &attr, sizeof(attr))) {
		say("no query: errno %d\n", errno);
		return;
	}
	say("%u programs attached: %u\n", attr.query.prog_cnt, ids[0]);
}

static void attach(int program)
{
	union bpf_attr attr = {
		.attach_bpf_fd = program,
		.attach_type = BPF_CGROUP_DEVICE,
	};

	scratch();
	sys(mkdir("mounted", 0755));
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "mounted", "cgroup2", 0, NULL)) {
		say("no control groups: errno %d\n", errno);
		return;
	}
	if (mkdir("mounted/reel-tracee", 0755) && errno != EEXIST) {
		say("no group of its own: errno %d\n", errno);
	} else {
		attr.target_fd = sys(open("mounted/reel-tracee",
					  O_RDONLY | O_CLOEXEC));
		say("attached: %ld\n",
		    bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)));
		query(attr.target_fd);
		bpf(BPF_PROG_DETACH, &attr, sizeof(attr));
		rmdir("mounted/reel-tracee");
	}
	umount2("mounted", MNT_DETACH);
}

int main(void)
{
	struct bpf_insn allow[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_insn wrong[] = { { .code = BPF_JMP | BPF_EXIT } };
	char *log = map_private(65536);
	int program = load(allow, 2, log, 65536);

	if (program < 0)
		skip("no bpf programs: errno %d", errno);
	say("log: %zu bytes, %llx\n", strlen(log),
	    (unsigned long long)hash(log, strlen(log)));
	check(load(wrong, 1, log, 65536) < 0);
	say("refused with errno %d: %s\n", errno, log);
	attach(program);
	return success();
}
