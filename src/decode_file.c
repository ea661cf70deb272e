/* SPDX-License-Identifier: MIT */
/* Structures of files, file systems and mounts. */
#include "src/decode_types.h"

#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "traces/report.h"

#define END_OF_FIELDS {.name = NULL}

const struct field fields_stat[] = {
	{MEMBER(struct stat, st_dev), field_device},
	{MEMBER(struct stat, st_ino), field_unsigned},
	{MEMBER(struct stat, st_mode), field_mode},
	{MEMBER(struct stat, st_nlink), field_unsigned},
	{MEMBER(struct stat, st_uid), field_unsigned},
	{MEMBER(struct stat, st_gid), field_unsigned},
	{MEMBER(struct stat, st_rdev), field_device, .hide_zero = 1},
	{MEMBER(struct stat, st_blksize), field_decimal},
	{MEMBER(struct stat, st_blocks), field_decimal},
	{MEMBER(struct stat, st_size), field_decimal},
	{"st_atime", 72, 8, field_decimal},
	{"st_atime_nsec", 80, 8, field_decimal},
	{"st_mtime", 88, 8, field_decimal},
	{"st_mtime_nsec", 96, 8, field_decimal},
	{"st_ctime", 104, 8, field_decimal},
	{"st_ctime_nsec", 112, 8, field_decimal},
	END_OF_FIELDS
};

static const struct field fields_statx_time[] = {
	{"tv_sec", 0, 8, field_decimal},
	{"tv_nsec", 8, 4, field_unsigned},
	END_OF_FIELDS
};

#define STATX_TIME(name, offset) \
	{name, offset, 16, field_struct, fields_statx_time}

const struct field fields_statx[] = {
	{MEMBER(struct statx, stx_mask), field_flags, names_statx_mask},
	{MEMBER(struct statx, stx_blksize), field_unsigned},
	{MEMBER(struct statx, stx_attributes), field_flags,
	 names_statx_attributes},
	{MEMBER(struct statx, stx_nlink), field_unsigned},
	{MEMBER(struct statx, stx_uid), field_unsigned},
	{MEMBER(struct statx, stx_gid), field_unsigned},
	{MEMBER(struct statx, stx_mode), field_mode},
	{MEMBER(struct statx, stx_ino), field_unsigned},
	{MEMBER(struct statx, stx_size), field_unsigned},
	{MEMBER(struct statx, stx_blocks), field_unsigned},
	{MEMBER(struct statx, stx_attributes_mask), field_flags,
	 names_statx_attributes},
	STATX_TIME("stx_atime", 64),
	STATX_TIME("stx_btime", 80),
	STATX_TIME("stx_ctime", 96),
	STATX_TIME("stx_mtime", 112),
	{MEMBER(struct statx, stx_rdev_major), field_unsigned},
	{MEMBER(struct statx, stx_rdev_minor), field_unsigned},
	{MEMBER(struct statx, stx_dev_major), field_unsigned},
	{MEMBER(struct statx, stx_dev_minor), field_unsigned},
	{MEMBER(struct statx, stx_mnt_id), field_unsigned, .hide_zero = 1},
	{"stx_dio_mem_align", 152, 4, field_unsigned, .hide_zero = 1},
	{"stx_dio_offset_align", 156, 4, field_unsigned, .hide_zero = 1},
	{"stx_subvol", 160, 8, field_unsigned, .hide_zero = 1},
	{"stx_atomic_write_unit_min", 168, 4, field_unsigned, .hide_zero = 1},
	{"stx_atomic_write_unit_max", 172, 4, field_unsigned, .hide_zero = 1},
	{"stx_atomic_write_segments_max", 176, 4, field_unsigned,
	 .hide_zero = 1},
	{"stx_dio_read_offset_align", 180, 4, field_unsigned, .hide_zero = 1},
	END_OF_FIELDS
};

static void field_fsid(struct decoder *decoder, uint64_t value,
		       const struct field *field)
{
	(void)field;
	text_format(decoder->text, "{val=[%#" PRIx32 ", %#" PRIx32 "]}",
		    (uint32_t)value, (uint32_t)(value >> 32));
}

const struct field fields_statfs[] = {
	{MEMBER(struct statfs, f_type), field_enum, names_filesystem_magics},
	{MEMBER(struct statfs, f_bsize), field_decimal},
	{MEMBER(struct statfs, f_blocks), field_unsigned},
	{MEMBER(struct statfs, f_bfree), field_unsigned},
	{MEMBER(struct statfs, f_bavail), field_unsigned},
	{MEMBER(struct statfs, f_files), field_unsigned},
	{MEMBER(struct statfs, f_ffree), field_unsigned},
	{"f_fsid", 56, 8, field_fsid},
	{MEMBER(struct statfs, f_namelen), field_decimal},
	{MEMBER(struct statfs, f_frsize), field_decimal},
	{MEMBER(struct statfs, f_flags), field_flags, names_statfs_flags},
	END_OF_FIELDS
};

const struct field fields_ustat[] = {
	{"f_tfree", 0, 4, field_decimal},
	{"f_tinode", 8, 8, field_unsigned},
	{"f_fname", 16, 6, field_text},
	{"f_fpack", 22, 6, field_text},
	END_OF_FIELDS
};

/* Only the kernel's answer has one. */
static void field_lock_owner(struct decoder *decoder, uint64_t value,
			     const struct field *field)
{
	if (decoder->memory == &decoder->after.memory)
		field_decimal(decoder, value, field);
	else
		text_add(decoder->text, "0");
}

const struct field fields_flock[] = {
	{"l_type", 0, 2, field_enum, names_lock_types},
	{"l_whence", 2, 2, field_enum, names_seek_whence},
	{"l_start", 8, 8, field_decimal},
	{"l_len", 16, 8, field_decimal},
	{"l_pid", 24, 4, field_lock_owner},
	END_OF_FIELDS
};

const struct field fields_f_owner_ex[] = {
	{"type", 0, 4, field_enum, names_owner_types},
	{"pid", 4, 4, field_decimal},
	END_OF_FIELDS
};

static void field_open(struct decoder *decoder, uint64_t value,
		       const struct field *field)
{
	(void)field;
	decode_table(decoder, VALUE_FLAGS, FLAGS_open, value);
}

const struct field fields_open_how[] = {
	{MEMBER(struct open_how, flags), field_open},
	{MEMBER(struct open_how, mode), field_octal, .hide_zero = 1},
	{MEMBER(struct open_how, resolve), field_flags, names_resolve_flags},
	END_OF_FIELDS
};

const struct field fields_mount_attr[] = {
	{MEMBER(struct mount_attr, attr_set), field_flags, names_mount_attrs},
	{MEMBER(struct mount_attr, attr_clr), field_flags, names_mount_attrs},
	{MEMBER(struct mount_attr, propagation), field_flags,
	 names_mount_flags},
	{MEMBER(struct mount_attr, userns_fd), field_fd},
	END_OF_FIELDS
};

/* What statmount is to tell; the mount after which listmount goes on. */
static void field_mount_param(struct decoder *decoder, uint64_t value,
			      const struct field *field)
{
	if (decoder->call.number == 457 /* statmount */)
		decode_flags(decoder->text, names_statmount_mask, value);
	else
		field_hex(decoder, value, field);
}

static void field_mount_id(struct decoder *decoder, uint64_t value,
			   const struct field *field)
{
	if (value == UINT64_MAX)
		text_add(decoder->text, "LSMT_ROOT");
	else
		field_hex(decoder, value, field);
}

const struct field fields_mnt_id_req[] = {
	{"size", 0, 4, field_unsigned},
	{"mnt_id", 8, 8, field_mount_id},
	{"param", 16, 8, field_mount_param},
	{"mnt_ns_id", 24, 8, field_hex},
	END_OF_FIELDS
};

/* The strings behind the fixed part (512 bytes) are left out. */
const struct field fields_statmount[] = {
	{"size", 0, 4, field_unsigned},
	{"mask", 8, 8, field_flags, names_statmount_mask},
	{"sb_dev_major", 16, 4, field_unsigned},
	{"sb_dev_minor", 20, 4, field_unsigned},
	{"sb_magic", 24, 8, field_enum, names_filesystem_magics},
	{"sb_flags", 32, 4, field_flags, names_mount_flags},
	{"mnt_id", 40, 8, field_hex},
	{"mnt_parent_id", 48, 8, field_hex},
	{"mnt_id_old", 56, 4, field_unsigned},
	{"mnt_parent_id_old", 60, 4, field_unsigned},
	{"mnt_attr", 64, 8, field_flags, names_mount_attrs},
	{"mnt_propagation", 72, 8, field_flags, names_mount_flags},
	END_OF_FIELDS
};

const struct field fields_file_attr[] = {
	{"fa_xflags", 0, 8, field_flags, names_fsx_flags},
	{"fa_extsize", 8, 4, field_unsigned},
	{"fa_nextents", 12, 4, field_unsigned},
	{"fa_projid", 16, 4, field_unsigned},
	{"fa_cowextsize", 20, 4, field_unsigned},
	END_OF_FIELDS
};

static void field_xattr_value(struct decoder *decoder, uint64_t value,
			      const struct field *field)
{
	(void)field;
	decode_data(decoder, value, decoder->exited && value &&
		    decoder->call.result > 0 ?
		    (uint64_t)decoder->call.result : 1);
}

const struct field fields_xattr_args[] = {
	{"value", 0, 8, field_xattr_value},
	{"size", 8, 4, field_unsigned},
	{"flags", 12, 4, field_flags, names_xattr_flags},
	END_OF_FIELDS
};

const struct field fields_fsxattr[] = {
	{MEMBER(struct fsxattr, fsx_xflags), field_flags, names_fsx_flags},
	{MEMBER(struct fsxattr, fsx_extsize), field_unsigned},
	{MEMBER(struct fsxattr, fsx_nextents), field_unsigned},
	{MEMBER(struct fsxattr, fsx_projid), field_unsigned},
	{MEMBER(struct fsxattr, fsx_cowextsize), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_file_clone_range[] = {
	{MEMBER(struct file_clone_range, src_fd), field_fd},
	{MEMBER(struct file_clone_range, src_offset), field_unsigned},
	{MEMBER(struct file_clone_range, src_length), field_unsigned},
	{MEMBER(struct file_clone_range, dest_offset), field_unsigned},
	END_OF_FIELDS
};

/* The elements behind a head are printed as its last field. */
static void print_tail(struct decoder *decoder, remote_addr address,
		       uint64_t length, size_t size, const char *name,
		       const struct field *fields)
{
	text_cut(decoder->text, decoder->text->length - 1);
	text_format(decoder->text, ", %s=[", name);
	for (uint64_t i = 0; i < length / size && i < ELEMENTS_SHOWN; i++) {
		if (i)
			text_add(decoder->text, ", ");
		decode_struct(decoder, address + i * size, size, fields);
	}
	text_add(decoder->text, "]}");
}

static const struct field fields_dedupe_range[] = {
	{MEMBER(struct file_dedupe_range, src_offset), field_unsigned},
	{MEMBER(struct file_dedupe_range, src_length), field_unsigned},
	{MEMBER(struct file_dedupe_range, dest_count), field_unsigned},
	END_OF_FIELDS
};

static const struct field fields_dedupe_info[] = {
	{MEMBER(struct file_dedupe_range_info, dest_fd), field_fd},
	{MEMBER(struct file_dedupe_range_info, dest_offset), field_unsigned},
	{MEMBER(struct file_dedupe_range_info, bytes_deduped),
	 field_unsigned},
	{MEMBER(struct file_dedupe_range_info, status), field_errno},
	END_OF_FIELDS
};

void decode_file_dedupe_range(struct decoder *decoder, remote_addr address,
			      uint64_t length)
{
	const size_t head = sizeof(struct file_dedupe_range);

	decode_struct(decoder, address, length, fields_dedupe_range);
	if (length > head)
		print_tail(decoder, address + head, length - head,
			   sizeof(struct file_dedupe_range_info), "info",
			   fields_dedupe_info);
}

static const struct field fields_fiemap[] = {
	{MEMBER(struct fiemap, fm_start), field_unsigned},
	{MEMBER(struct fiemap, fm_length), field_unsigned},
	{MEMBER(struct fiemap, fm_flags), field_flags, names_fiemap_flags},
	{MEMBER(struct fiemap, fm_mapped_extents), field_unsigned},
	{MEMBER(struct fiemap, fm_extent_count), field_unsigned},
	END_OF_FIELDS
};

static const struct field fields_fiemap_extent[] = {
	{MEMBER(struct fiemap_extent, fe_logical), field_unsigned},
	{MEMBER(struct fiemap_extent, fe_physical), field_unsigned},
	{MEMBER(struct fiemap_extent, fe_length), field_unsigned},
	{MEMBER(struct fiemap_extent, fe_flags), field_flags,
	 names_fiemap_extent_flags},
	END_OF_FIELDS
};

void decode_fiemap(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	const size_t head = sizeof(struct fiemap);

	decode_struct(decoder, address, length, fields_fiemap);
	if (length > head)
		print_tail(decoder, address + head, length - head,
			   sizeof(struct fiemap_extent), "fm_extents",
			   fields_fiemap_extent);
}

const struct field fields_fstrim_range[] = {
	{MEMBER(struct fstrim_range, start), field_unsigned},
	{MEMBER(struct fstrim_range, len), field_unsigned},
	{MEMBER(struct fstrim_range, minlen), field_unsigned},
	END_OF_FIELDS
};

const struct field fields_space_resv[] = {
	{"l_type", 0, 2, field_decimal},
	{"l_whence", 2, 2, field_enum, names_seek_whence},
	{"l_start", 8, 8, field_decimal},
	{"l_len", 16, 8, field_decimal},
	END_OF_FIELDS
};

const struct field fields_fsuuid2[] = {
	{"len", 0, 1, field_unsigned},
	{"uuid", 1, 16, field_bytes},
	END_OF_FIELDS
};

const struct field fields_fs_sysfs_path[] = {
	{"len", 0, 1, field_unsigned},
	{"name", 1, 128, field_text},
	END_OF_FIELDS
};

const struct field fields_fscrypt_policy[] = {
	{"version", 0, 1, field_unsigned},
	{"contents_encryption_mode", 1, 1, field_enum, names_fscrypt_modes},
	{"filenames_encryption_mode", 2, 1, field_enum, names_fscrypt_modes},
	{"flags", 3, 1, field_hex},
	{"master_key_descriptor", 4, 8, field_bytes},
	END_OF_FIELDS
};

const struct field fields_btrfs_vol_args[] = {
	{"fd", 0, 8, field_fd},
	{"name", 8, 4088, field_text},
	END_OF_FIELDS
};

const struct field fields_cachestat_range[] = {
	{"off", 0, 8, field_unsigned},
	{"len", 8, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_cachestat[] = {
	{"nr_cache", 0, 8, field_unsigned},
	{"nr_dirty", 8, 8, field_unsigned},
	{"nr_writeback", 16, 8, field_unsigned},
	{"nr_evicted", 24, 8, field_unsigned},
	{"nr_recently_evicted", 32, 8, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_dqblk[] = {
	{MEMBER(struct dqblk, dqb_bhardlimit), field_unsigned},
	{MEMBER(struct dqblk, dqb_bsoftlimit), field_unsigned},
	{MEMBER(struct dqblk, dqb_curspace), field_unsigned},
	{MEMBER(struct dqblk, dqb_ihardlimit), field_unsigned},
	{MEMBER(struct dqblk, dqb_isoftlimit), field_unsigned},
	{MEMBER(struct dqblk, dqb_curinodes), field_unsigned},
	{MEMBER(struct dqblk, dqb_btime), field_unsigned},
	{MEMBER(struct dqblk, dqb_itime), field_unsigned},
	{MEMBER(struct dqblk, dqb_valid), field_hex},
	{"dqb_id", 68, 4, field_unsigned, .hide_zero = 1},
	END_OF_FIELDS
};

const struct field fields_dqinfo[] = {
	{"dqi_bgrace", 0, 8, field_unsigned},
	{"dqi_igrace", 8, 8, field_unsigned},
	{"dqi_flags", 16, 4, field_hex},
	{"dqi_valid", 20, 4, field_hex},
	END_OF_FIELDS
};

const struct field fields_fs_disk_quota[] = {
	{"d_version", 0, 1, field_unsigned},
	{"d_flags", 1, 1, field_hex},
	{"d_fieldmask", 2, 2, field_hex},
	{"d_id", 4, 4, field_unsigned},
	{"d_blk_hardlimit", 8, 8, field_unsigned},
	{"d_blk_softlimit", 16, 8, field_unsigned},
	{"d_ino_hardlimit", 24, 8, field_unsigned},
	{"d_ino_softlimit", 32, 8, field_unsigned},
	{"d_bcount", 40, 8, field_unsigned},
	{"d_icount", 48, 8, field_unsigned},
	{"d_itimer", 56, 4, field_decimal},
	{"d_btimer", 60, 4, field_decimal},
	{"d_iwarns", 64, 2, field_unsigned},
	{"d_bwarns", 66, 2, field_unsigned},
	END_OF_FIELDS
};

const struct field fields_fs_quota_stat[] = {
	{"qs_version", 0, 1, field_unsigned},
	{"qs_flags", 2, 2, field_hex},
	{"qs_incoredqs", 56, 4, field_unsigned},
	{"qs_btimelimit", 60, 4, field_decimal},
	{"qs_itimelimit", 64, 4, field_decimal},
	{"qs_rtbtimelimit", 68, 4, field_decimal},
	END_OF_FIELDS
};

const struct field fields_fs_quota_statv[] = {
	{"qs_version", 0, 1, field_decimal},
	{"qs_flags", 2, 2, field_hex},
	{"qs_incoredqs", 4, 4, field_unsigned},
	{"qs_btimelimit", 80, 4, field_decimal},
	{"qs_itimelimit", 84, 4, field_decimal},
	{"qs_rtbtimelimit", 88, 4, field_decimal},
	END_OF_FIELDS
};

/* The records of getdents64: fixed part, then the name with its NUL. */
struct directory_entry {
	uint64_t inode, offset;
	uint16_t length;
	uint8_t type;
};

#define DIRENT64_NAME 19
#define DIRENT_NAME 18

static int read_dirent(struct decoder *decoder, remote_addr address,
		       int has_type_first, struct directory_entry *entry_out)
{
	uint64_t length, type;

	if (!decode_read(decoder, address, 8, &entry_out->inode) ||
	    !decode_read(decoder, address + 8, 8, &entry_out->offset) ||
	    !decode_read(decoder, address + 16, 2, &length) ||
	    length < DIRENT_NAME + 2 ||
	    !decode_read(decoder, has_type_first ? address + 18 :
			 address + length - 1, 1, &type))
		return 0;
	entry_out->length = (uint16_t)length;
	entry_out->type = (uint8_t)type;
	return 1;
}

static void print_dirents(struct decoder *decoder, remote_addr address,
			  uint64_t length, unsigned name, int has_type_first)
{
	struct directory_entry entry;
	uint64_t at = 0;
	unsigned count = 0;

	text_add(decoder->text, "[");
	while (at < length && read_dirent(decoder, address + at,
					  has_type_first, &entry)) {
		if (count++ == ELEMENTS_SHOWN) {
			text_add(decoder->text, ", ...");
			break;
		}
		text_format(decoder->text, "%s{d_ino=%" PRIu64 ", d_off=%"
			    PRId64 ", d_reclen=%u, d_type=", at ? ", " : "",
			    entry.inode, (int64_t)entry.offset, entry.length);
		decode_enum(decoder->text, names_dirent_types, entry.type);
		text_add(decoder->text, ", d_name=");
		decode_string(decoder, address + at + name,
			      entry.length - name);
		text_add(decoder->text, "}");
		at += entry.length;
	}
	text_add(decoder->text, "]");
}

void decode_dirent64(struct decoder *decoder, remote_addr address,
		     uint64_t length)
{
	print_dirents(decoder, address, length, DIRENT64_NAME, 1);
}

void decode_dirent(struct decoder *decoder, remote_addr address,
		   uint64_t length)
{
	print_dirents(decoder, address, length, DIRENT_NAME, 0);
}

void decode_file_handle(struct decoder *decoder, remote_addr address,
			uint64_t length)
{
	uint64_t bytes, type;

	(void)length;
	if (!decode_read(decoder, address, 4, &bytes) ||
	    !decode_read(decoder, address + 4, 4, &type)) {
		decode_address(decoder, address);
		return;
	}
	text_format(decoder->text, "{handle_bytes=%" PRIu64
		    ", handle_type=%#" PRIx64, bytes, type);
	if (length > 8) {
		text_add(decoder->text, ", f_handle=");
		decode_data(decoder, address + 8,
			    bytes < length - 8 ? bytes : length - 8);
	}
	text_add(decoder->text, "}");
}
