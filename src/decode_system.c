/* SPDX-License-Identifier: MIT */
/* Structures of System V and POSIX queues, security, keys and filters. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

const struct field fields_mq_attr[] = {
	{"mq_flags", 0, 8, field_flags, names_pipe_flags},
	{"mq_maxmsg", 8, 8, field_decimal},
	{"mq_msgsize", 16, 8, field_decimal},
	{"mq_curmsgs", 24, 8, field_decimal},
	END_OF_FIELDS
};

void decode_msgbuf(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	uint64_t type;

	if (length < 8 || !decode_read(decoder, address, 8, &type)) {
		decode_address(decoder, address);
		return;
	}
	text_format(decoder->text, "{mtype=%" PRId64 ", mtext=",
		    (int64_t)type);
	if (length > 8)
		decode_data(decoder, address + 8, length - 8);
	else
		text_add(decoder->text, "\"\"");
	text_add(decoder->text, "}");
}

const struct field fields_sembuf[] = {
	{"sem_num", 0, 2, field_unsigned},
	{"sem_op", 2, 2, field_decimal},
	{"sem_flg", 4, 2, field_flags, names_sem_flags},
	END_OF_FIELDS
};

static void field_key(struct decoder *decoder, uint64_t value,
		      const struct field *field)
{
	(void)field;
	if (value)
		text_format(decoder->text, "%#" PRIx64, value);
	else
		text_add(decoder->text, "IPC_PRIVATE");
}

static const struct field fields_ipc_perm[] = {
	{"key", 0, 4, field_key},
	{"uid", 4, 4, field_id},
	{"gid", 8, 4, field_id},
	{"cuid", 12, 4, field_id},
	{"cgid", 16, 4, field_id},
	{"mode", 20, 4, field_octal},
	END_OF_FIELDS
};

const struct field fields_semid_ds[] = {
	{"sem_perm", 0, 48, field_struct, fields_ipc_perm},
	{MEMBER(struct semid_ds, sem_otime), field_decimal},
	{MEMBER(struct semid_ds, sem_ctime), field_decimal},
	{MEMBER(struct semid_ds, sem_nsems), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_msqid_ds[] = {
	{"msg_perm", 0, 48, field_struct, fields_ipc_perm},
	{MEMBER(struct msqid_ds, msg_stime), field_decimal},
	{MEMBER(struct msqid_ds, msg_rtime), field_decimal},
	{MEMBER(struct msqid_ds, msg_ctime), field_decimal},
	{MEMBER(struct msqid_ds, msg_qnum), field_unsigned},
	{MEMBER(struct msqid_ds, msg_qbytes), field_unsigned},
	{MEMBER(struct msqid_ds, msg_lspid), field_decimal},
	{MEMBER(struct msqid_ds, msg_lrpid), field_decimal},
	END_OF_FIELDS
};

const struct field fields_shmid_ds[] = {
	{"shm_perm", 0, 48, field_struct, fields_ipc_perm},
	{MEMBER(struct shmid_ds, shm_segsz), field_unsigned},
	{MEMBER(struct shmid_ds, shm_cpid), field_decimal},
	{MEMBER(struct shmid_ds, shm_lpid), field_decimal},
	{MEMBER(struct shmid_ds, shm_nattch), field_unsigned},
	{MEMBER(struct shmid_ds, shm_atime), field_decimal},
	{MEMBER(struct shmid_ds, shm_dtime), field_decimal},
	{MEMBER(struct shmid_ds, shm_ctime), field_decimal},
	END_OF_FIELDS
};

const struct field fields_seminfo[] = {
	{MEMBER(struct seminfo, semmap), field_decimal},
	{MEMBER(struct seminfo, semmni), field_decimal},
	{MEMBER(struct seminfo, semmns), field_decimal},
	{MEMBER(struct seminfo, semmnu), field_decimal},
	{MEMBER(struct seminfo, semmsl), field_decimal},
	{MEMBER(struct seminfo, semopm), field_decimal},
	{MEMBER(struct seminfo, semume), field_decimal},
	{MEMBER(struct seminfo, semusz), field_decimal},
	{MEMBER(struct seminfo, semvmx), field_decimal},
	{MEMBER(struct seminfo, semaem), field_decimal},
	END_OF_FIELDS
};

const struct field fields_msginfo[] = {
	{MEMBER(struct msginfo, msgpool), field_decimal},
	{MEMBER(struct msginfo, msgmap), field_decimal},
	{MEMBER(struct msginfo, msgmax), field_decimal},
	{MEMBER(struct msginfo, msgmnb), field_decimal},
	{MEMBER(struct msginfo, msgmni), field_decimal},
	{MEMBER(struct msginfo, msgssz), field_decimal},
	{MEMBER(struct msginfo, msgtql), field_decimal},
	{MEMBER(struct msginfo, msgseg), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_shminfo[] = {
	{"shmmax", 0, 8, field_unsigned},
	{"shmmin", 8, 8, field_unsigned},
	{"shmmni", 16, 8, field_unsigned},
	{"shmseg", 24, 8, field_unsigned},
	{"shmall", 32, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_shm_info[] = {
	{"used_ids", 0, 4, field_decimal},
	{"shm_tot", 8, 8, field_unsigned},
	{"shm_rss", 16, 8, field_unsigned},
	{"shm_swp", 24, 8, field_unsigned},
	{"swap_attempts", 32, 8, field_unsigned},
	{"swap_successes", 40, 8, field_unsigned},
	END_OF_FIELDS
};

/* Classic BPF as the macros of linux/filter.h would write it. */
static void print_bpf_code(struct text *text, uint16_t code)
{
	uint16_t class = BPF_CLASS(code);

	decode_enum(text, names_bpf_classes, class);
	text_add(text, "|");
	if (class == BPF_LD || class == BPF_LDX) {
		decode_enum(text, names_bpf_sizes, BPF_SIZE(code));
		text_add(text, "|");
		decode_enum(text, names_bpf_modes, BPF_MODE(code));
	} else if (class == BPF_ALU || class == BPF_JMP) {
		decode_enum(text, class == BPF_ALU ? names_bpf_alu_ops :
			    names_bpf_jump_ops, BPF_OP(code));
		text_add(text, "|");
		decode_enum(text, names_bpf_sources, BPF_SRC(code));
	} else if (class == BPF_RET) {
		decode_enum(text, names_bpf_return_values, BPF_RVAL(code));
	} else if (class == BPF_MISC) {
		decode_enum(text, names_bpf_misc_ops, BPF_MISCOP(code));
	} else {
		text_format(text, "%#x", code & ~7);
	}
}

/* In a seccomp filter what is returned is an action. */
static void print_bpf_value(struct decoder *decoder, uint16_t code,
			    uint32_t value)
{
	const char *action = decode_name(names_seccomp_actions,
					 value & SECCOMP_RET_ACTION_FULL);

	if (BPF_CLASS(code) != BPF_RET || !action ||
	    decoder->call.number == 54 /* setsockopt */) {
		text_format(decoder->text, value ? "%#x" : "%u", value);
		return;
	}
	text_add(decoder->text, action);
	if (value & SECCOMP_RET_DATA)
		text_format(decoder->text, "|%#x", value & SECCOMP_RET_DATA);
}

static void print_bpf(struct decoder *decoder, uint64_t instruction)
{
	uint16_t code = (uint16_t)instruction;
	uint8_t if_true = (uint8_t)(instruction >> 16);
	uint8_t if_false = (uint8_t)(instruction >> 24);
	int jumps = BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA;

	text_add(decoder->text, jumps ? "BPF_JUMP(" : "BPF_STMT(");
	print_bpf_code(decoder->text, code);
	text_add(decoder->text, ", ");
	print_bpf_value(decoder, code, (uint32_t)(instruction >> 32));
	if (jumps)
		text_format(decoder->text, ", %#x, %#x", if_true, if_false);
	text_add(decoder->text, ")");
}

void decode_sock_filters(struct decoder *decoder, remote_addr address,
			 uint64_t length)
{
	uint64_t instruction;

	text_add(decoder->text, "[");
	for (uint64_t i = 0; i < length / 8; i++) {
		if (!decode_read(decoder, address + 8 * i, 8, &instruction))
			break;
		if (i)
			text_add(decoder->text, ", ");
		print_bpf(decoder, instruction);
	}
	text_add(decoder->text, "]");
}

void decode_sock_fprog(struct decoder *decoder, remote_addr address,
		       uint64_t length)
{
	uint64_t count, filter, first;

	(void)length;
	if (!decode_read(decoder, address, 2, &count) ||
	    !decode_read(decoder, address + 8, 8, &filter)) {
		decode_address(decoder, address);
		return;
	}
	text_format(decoder->text, "{len=%" PRIu64 ", filter=", count);
	if (decode_read(decoder, filter, 8, &first))
		decode_sock_filters(decoder, filter, count * 8);
	else
		decode_address(decoder, filter);
	text_add(decoder->text, "}");
}

const struct field fields_seccomp_notif_sizes[] = {
	{"seccomp_notif", 0, 2, field_unsigned},
	{"seccomp_notif_resp", 2, 2, field_unsigned},
	{"seccomp_data", 4, 2, field_unsigned},
	END_OF_FIELDS
};

static void field_call(struct decoder *decoder, uint64_t value,
		       const struct field *field)
{
	(void)field;
	text_add(decoder->text, syscall_name((int)value));
}

static const struct field fields_seccomp_data[] = {
	{"nr", 0, 4, field_call},
	{"arch", 4, 4, field_enum, names_audit_arches},
	{"instruction_pointer", 8, 8, field_hex},
	{"args", 16, 48, field_u64s},
	END_OF_FIELDS
};

const struct field fields_seccomp_notif[] = {
	{"id", 0, 8, field_hex},
	{"pid", 8, 4, field_decimal},
	{"flags", 12, 4, field_hex},
	{"data", 16, 64, field_struct, fields_seccomp_data},
	END_OF_FIELDS
};

const struct field fields_seccomp_notif_resp[] = {
	{"id", 0, 8, field_hex},
	{"val", 8, 8, field_decimal},
	{"error", 16, 4, field_errno},
	{"flags", 20, 4, field_hex},
	END_OF_FIELDS
};

const struct field fields_seccomp_notif_addfd[] = {
	{"id", 0, 8, field_hex},
	{"flags", 8, 4, field_hex},
	{"srcfd", 12, 4, field_fd},
	{"newfd", 16, 4, field_decimal},
	{"newfd_flags", 20, 4, field_flags, names_close_exec_flags},
	END_OF_FIELDS
};

const struct field fields_landlock_ruleset[] = {
	{"handled_access_fs", 0, 8, field_flags, names_landlock_access},
	{"handled_access_net", 8, 8, field_flags, names_landlock_net},
	{"scoped", 16, 8, field_flags, names_landlock_scopes},
	END_OF_FIELDS
};

const struct field fields_landlock_path[] = {
	{"allowed_access", 0, 8, field_flags, names_landlock_access},
	{"parent_fd", 8, 4, field_fd},
	END_OF_FIELDS
};

const struct field fields_landlock_port[] = {
	{"allowed_access", 0, 8, field_flags, names_landlock_net},
	{"port", 8, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_lsm_ctx[] = {
	{"id", 0, 8, field_enum, names_lsm_ids},
	{"flags", 8, 8, field_hex},
	{"len", 16, 8, field_unsigned},
	{"ctx_len", 24, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_keyctl_dh[] = {
	{"private", 0, 4, field_decimal},
	{"prime", 4, 4, field_decimal},
	{"base", 8, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_keyctl_pkey[] = {
	{"key_id", 0, 4, field_decimal},
	{"in_len", 4, 4, field_unsigned},
	{"out_len", 8, 4, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_keyctl_pkey_query[] = {
	{"supported_ops", 0, 4, field_hex},
	{"key_size", 4, 4, field_unsigned},
	{"max_data_size", 8, 2, field_unsigned},
	{"max_sig_size", 10, 2, field_unsigned},
	{"max_enc_size", 12, 2, field_unsigned},
	{"max_dec_size", 14, 2, field_unsigned},
	END_OF_FIELDS
};

/* What config means depends on the type. */
static void field_perf_config(struct decoder *decoder, uint64_t value,
			      const struct field *field)
{
	const struct decode_name *names = names_perf_hw;
	uint64_t type = 0;

	decode_read(decoder, decoder->call.arguments[0], 4, &type);
	if (type == 1)
		names = names_perf_sw;
	if (type <= 1 && decode_name(names, value))
		decode_enum(decoder->text, names, value);
	else
		field_hex(decoder, value, field);
}

const struct field fields_perf_attr[] = {
	{"type", 0, 4, field_enum, names_perf_types},
	{"size", 4, 4, field_unsigned},
	{"config", 8, 8, field_perf_config},
	{"sample_period", 16, 8, field_unsigned},
	{"sample_type", 24, 8, field_hex},
	{"read_format", 32, 8, field_hex},
	{"flags", 40, 8, field_hex},
	{"wakeup_events", 48, 4, field_unsigned},
	{"bp_type", 52, 4, field_hex},
	{"config1", 56, 8, field_hex},
	{"config2", 64, 8, field_hex},
	END_OF_FIELDS
};

static const struct field fields_bpf_map_create[] = {
	{"map_type", 0, 4, field_enum, names_bpf_map_types},
	{"key_size", 4, 4, field_unsigned},
	{"value_size", 8, 4, field_unsigned},
	{"max_entries", 12, 4, field_unsigned},
	{"map_flags", 16, 4, field_hex},
	END_OF_FIELDS
};

static const struct field fields_bpf_prog_load[] = {
	{"prog_type", 0, 4, field_enum, names_bpf_prog_types},
	{"insn_cnt", 4, 4, field_unsigned},
	{"insns", 8, 8, field_pointer},
	{"license", 16, 8, field_pointer},
	{"log_level", 24, 4, field_unsigned},
	{"log_size", 28, 4, field_unsigned},
	{"log_buf", 32, 8, field_pointer},
	END_OF_FIELDS
};

void decode_bpf_attr(struct decoder *decoder, remote_addr address,
		     uint64_t length)
{
	switch (decoder->call.arguments[0]) {
	case 0: /* BPF_MAP_CREATE */
		decode_struct(decoder, address, length, fields_bpf_map_create);
		break;
	case 5: /* BPF_PROG_LOAD */
		decode_struct(decoder, address, length, fields_bpf_prog_load);
		break;
	default:
		decode_data(decoder, address, length);
	}
}

const struct field fields_io_event[] = {
	{"data", 0, 8, field_hex},
	{"obj", 8, 8, field_pointer},
	{"res", 16, 8, field_decimal},
	{"res2", 24, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_iocb[] = {
	{"aio_data", 0, 8, field_hex},
	{"aio_key", 8, 4, field_hex},
	{"aio_rw_flags", 12, 4, field_flags, names_rwf_flags},
	{"aio_lio_opcode", 16, 2, field_enum, names_aio_ops},
	{"aio_reqprio", 18, 2, field_decimal},
	{"aio_fildes", 20, 4, field_fd},
	{"aio_buf", 24, 8, field_pointer},
	{"aio_nbytes", 32, 8, field_unsigned},
	{"aio_offset", 40, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_io_uring_params[] = {
	{"sq_entries", 0, 4, field_unsigned},
	{"cq_entries", 4, 4, field_unsigned},
	{"flags", 8, 4, field_flags, names_io_uring_setup_flags},
	{"sq_thread_cpu", 12, 4, field_hex},
	{"sq_thread_idle", 16, 4, field_unsigned},
	{"features", 20, 4, field_hex},
	{"wq_fd", 24, 4, field_hex},
	END_OF_FIELDS
};
