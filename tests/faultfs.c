/* SPDX-License-Identifier: MIT */
/*
 * A small file system in memory, spoken over /dev/fuse, whose
 * operations fail as they are told: with an errno, by never answering, or with
 * an answer that makes no sense.  Programs meet these errors on odd disks and
 * servers; here they can be had on any machine.
 *
 *	faultfs [-b] [-e OPERATION=ERROR[@NTH]]... MOUNTPOINT PROGRAM [ARG...]
 *
 * ERROR is a number or one of the names below; HANG never answers, LATE when
 * there is a file ./answer.  @NTH is the only call that fails.  -b gives new files a mode without a file type.  It
 * ends with the program, with its status.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOT = 1, FILES = 256, ROOM = 1 << 22, HANG = 9999, LATE };

static struct file {
	char name[256];
	unsigned parent;
	uint32_t mode; /* 0: not in use */
	uint64_t size;
	char *data; /* ROOM bytes */
} files[FILES];

static struct fault {
	const char *name;
	unsigned operation;
	int error, only, seen;
} faults[] = {
	{ .name = "lookup", .operation = FUSE_LOOKUP },
	{ .name = "getattr", .operation = FUSE_GETATTR },
	{ .name = "create", .operation = FUSE_CREATE },
	{ .name = "open", .operation = FUSE_OPEN },
	{ .name = "read", .operation = FUSE_READ },
	{ .name = "write", .operation = FUSE_WRITE },
	{ .name = "unlink", .operation = FUSE_UNLINK },
	{ .name = "setattr", .operation = FUSE_SETATTR },
	{ .name = "mkdir", .operation = FUSE_MKDIR },
	{ .name = "fsync", .operation = FUSE_FSYNC },
	{ .name = "readdir", .operation = FUSE_READDIR },
	{ .name = "rename", .operation = FUSE_RENAME },
};

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "EINVAL", EINVAL }, { "EIO", EIO },	    { "EBUSY", EBUSY },
	{ "ENOENT", ENOENT }, { "ENOSPC", ENOSPC }, { "EACCES", EACCES },
	{ "HANG", HANG },     { "LATE", LATE },
};

static int device, bad_modes;

static void reply(const struct fuse_in_header *in, int error, const void *body,
		  size_t length)
{
	static char buffer[ROOM + 4096];
	struct fuse_out_header *out = (void *)buffer;

	if (error)
		length = 0;
	memset(out, 0, sizeof(*out));
	out->len = sizeof(*out) + length;
	out->error = -error;
	out->unique = in->unique;
	if (length)
		memcpy(out + 1, body, length);
	if (write(device, buffer, out->len) < 0 && errno != ENOENT)
		perror("faultfs: reply");
}

static void fill_attributes(struct fuse_attr *attributes, unsigned number)
{
	const struct file *file = &files[number];

	memset(attributes, 0, sizeof(*attributes));
	attributes->ino = number;
	attributes->mode = file->mode;
	if (bad_modes && number > ROOT + 1)
		attributes->mode &= 07777;
	attributes->size = file->size;
	attributes->nlink = 1;
	attributes->blksize = 4096;
	attributes->blocks = (file->size + 511) / 512;
}

static unsigned find(unsigned parent, const char *name)
{
	for (unsigned i = ROOT + 1; i < FILES; i++)
		if (files[i].mode && files[i].parent == parent &&
		    !strcmp(files[i].name, name))
			return i;
	return 0;
}

static unsigned make(unsigned parent, const char *name, uint32_t mode)
{
	for (unsigned i = ROOT + 1; i < FILES; i++) {
		struct file *file = &files[i];

		if (file->mode)
			continue;
		snprintf(file->name, sizeof(file->name), "%s", name);
		file->parent = parent;
		file->mode = mode;
		file->size = 0;
		if (!file->data)
			file->data = calloc(1, ROOM);
		return file->data ? i : 0;
	}
	return 0;
}

static void reply_entry(const struct fuse_in_header *in, unsigned number)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = { .entry.nodeid = number };
	int is_create = in->opcode == FUSE_CREATE;

	fill_attributes(&out.entry.attr, number);
	reply(in,
	      number			? 0 :
	      in->opcode == FUSE_LOOKUP ? ENOENT :
					  ENOSPC,
	      &out, is_create ? sizeof(out) : sizeof(out.entry));
}

static void reply_attributes(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { 0 };

	fill_attributes(&out.attr, in->nodeid);
	reply(in, 0, &out, sizeof(out));
}

static void set_attributes(const struct fuse_in_header *in,
			   const struct fuse_setattr_in *set)
{
	struct file *file = &files[in->nodeid];

	if (set->valid & FATTR_MODE)
		file->mode = (file->mode & S_IFMT) | (set->mode & 07777);
	if (set->valid & FATTR_SIZE)
		file->size = set->size > ROOM ? ROOM : set->size;
	reply_attributes(in);
}

static void read_file(const struct fuse_in_header *in,
		      const struct fuse_read_in *request)
{
	const struct file *file = &files[in->nodeid];
	uint64_t left = 0;

	if (request->offset < file->size)
		left = file->size - request->offset;
	if (left > request->size)
		left = request->size;
	reply(in, 0, left ? file->data + request->offset : NULL, left);
}

static void write_file(const struct fuse_in_header *in,
		       const struct fuse_write_in *request)
{
	struct fuse_write_out out = { .size = request->size };
	struct file *file = &files[in->nodeid];
	uint64_t end = request->offset + request->size;

	if (end > ROOM) {
		reply(in, ENOSPC, NULL, 0);
		return;
	}
	memcpy(file->data + request->offset, request + 1, request->size);
	if (end > file->size)
		file->size = end;
	reply(in, 0, &out, sizeof(out));
}

static void read_directory(const struct fuse_in_header *in,
			   const struct fuse_read_in *request)
{
	static char out[8192];
	size_t at = 0;

	for (unsigned i = request->offset + 1; i < FILES; i++) {
		struct fuse_dirent *entry = (void *)(out + at);
		size_t length, size;

		if (!files[i].mode || files[i].parent != in->nodeid)
			continue;
		length = strlen(files[i].name);
		size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
		if (at + size > request->size || at + size > sizeof(out))
			break;
		memset(entry, 0, size);
		entry->ino = entry->off = i;
		entry->namelen = length;
		entry->type = files[i].mode >> 12;
		memcpy(entry->name, files[i].name, length);
		at += size;
	}
	reply(in, 0, out, at);
}

static void start_session(const struct fuse_in_header *in,
			  const struct fuse_init_in *request)
{
	struct fuse_init_out out = { .major = 7,
				     .max_write = 65536,
				     .max_readahead = 65536,
				     .max_background = 8 };

	out.minor = request->minor < 31 ? request->minor : 31;
	reply(in, 0, &out, sizeof(out));
}

static void remove_file(const struct fuse_in_header *in, const char *name)
{
	unsigned number = find(in->nodeid, name);

	files[number].mode = 0;
	reply(in, number ? 0 : ENOENT, NULL, 0);
}

static void rename_file(const struct fuse_in_header *in, unsigned directory,
			const char *name)
{
	const char *new_name = name + strlen(name) + 1;
	unsigned number = find(in->nodeid, name);
	unsigned old = find(directory, new_name);

	if (number) {
		files[old].mode = 0;
		files[number].parent = directory;
		snprintf(files[number].name, sizeof(files[number].name), "%s",
			 new_name);
	}
	reply(in, number ? 0 : ENOENT, NULL, 0);
}

/* Calls that name a file: true when it was one of them. */
static int answer_name(const struct fuse_in_header *in, char *body)
{
	struct fuse_create_in *create = (void *)body;
	struct fuse_mkdir_in *make_directory = (void *)body;
	struct fuse_rename_in *rename = (void *)body;
	struct fuse_rename2_in *rename2 = (void *)body;

	switch (in->opcode) {
	case FUSE_LOOKUP:
		reply_entry(in, find(in->nodeid, body));
		return 1;
	case FUSE_CREATE:
		reply_entry(in, make(in->nodeid, (char *)(create + 1),
				     S_IFREG | (create->mode & 07777)));
		return 1;
	case FUSE_MKDIR:
		reply_entry(in, make(in->nodeid, (char *)(make_directory + 1),
				     S_IFDIR | make_directory->mode));
		return 1;
	case FUSE_UNLINK:
	case FUSE_RMDIR:
		remove_file(in, body);
		return 1;
	case FUSE_RENAME:
		rename_file(in, rename->newdir, (char *)(rename + 1));
		return 1;
	case FUSE_RENAME2:
		rename_file(in, rename2->newdir, (char *)(rename2 + 1));
		return 1;
	default:
		return 0;
	}
}

static void answer(const struct fuse_in_header *in, char *body)
{
	struct fuse_open_out open_out = { 0 };
	struct fuse_statfs_out statfs_out = { .st = { .bsize = 4096,
						      .namelen = 255 } };

	if (answer_name(in, body))
		return;
	switch (in->opcode) {
	case FUSE_INIT:
		return start_session(in, (void *)body);
	case FUSE_GETATTR:
		return reply_attributes(in);
	case FUSE_SETATTR:
		return set_attributes(in, (void *)body);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return reply(in, 0, &open_out, sizeof(open_out));
	case FUSE_READ:
		return read_file(in, (void *)body);
	case FUSE_WRITE:
		return write_file(in, (void *)body);
	case FUSE_READDIR:
		return read_directory(in, (void *)body);
	case FUSE_STATFS:
		return reply(in, 0, &statfs_out, sizeof(statfs_out));
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:
	case FUSE_ACCESS:
		return reply(in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		reply(in, ENOSYS, NULL, 0);
	}
}

/* The error this call has to end with, or 0. */
static int fault_of(unsigned operation)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct fault *fault = &faults[i];

		if (fault->operation != operation)
			continue;
		fault->seen++;
		if (!fault->only || fault->only == fault->seen)
			return fault->error;
	}
	return 0;
}

static void serve(void)
{
	static char request[ROOM + 4096];
	struct fuse_in_header *in = (void *)request;

	for (;;) {
		ssize_t length = read(device, request, sizeof(request) - 1);
		int error;

		if (length < 0 && (errno == EINTR || errno == ENOENT))
			continue;
		if (length < (ssize_t)sizeof(*in))
			_exit(0);
		request[length] = 0;
		error = fault_of(in->opcode);
		if (error == HANG)
			continue;
		while (error == LATE && access("answer", F_OK))
			usleep(10000);
		if (error && error != LATE)
			reply(in, error, NULL, 0);
		else
			answer(in, request + sizeof(*in));
	}
}

/* OPERATION=ERROR[@NTH] */
static int parse_fault(char *text)
{
	char *error = strchr(text, '='), *only;
	int value;

	if (!error)
		return -1;
	*error++ = 0;
	only = strchr(error, '@');
	if (only)
		*only++ = 0;
	value = atoi(error);
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (!strcmp(errors[i].name, error))
			value = errors[i].value;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		if (strcmp(faults[i].name, text) || value <= 0)
			continue;
		faults[i].error = value;
		faults[i].only = only ? atoi(only) : 0;
		return 0;
	}
	return -1;
}

static void mount_at(const char *path)
{
	char options[128];
	unsigned hello;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0) {
		perror("faultfs: /dev/fuse");
		exit(77);
	}
	files[ROOT].mode = S_IFDIR | 0777;
	hello = make(ROOT, "hello", S_IFREG | 0644);
	memcpy(files[hello].data, "hello\n", 6);
	files[hello].size = 6;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40777,user_id=0,group_id=0,allow_other",
		 device);
	if (mount("faultfs", path, "fuse.faultfs", MS_NOSUID | MS_NODEV,
		  options)) {
		perror("faultfs: mount");
		exit(77);
	}
}

int main(int argc, char **argv)
{
	int option, status;
	pid_t server, program;

	while ((option = getopt(argc, argv, "+be:")) != -1) {
		if (option == 'b')
			bad_modes = 1;
		else if (option != 'e' || parse_fault(optarg))
			return 99;
	}
	if (argc - optind < 2)
		return 99;
	mount_at(argv[optind]);
	server = fork();
	if (server == 0)
		serve();
	close(device);
	program = fork();
	if (program == 0) {
		execvp(argv[optind + 1], argv + optind + 1);
		perror(argv[optind + 1]);
		_exit(127);
	}
	waitpid(program, &status, 0);
	umount2(argv[optind], MNT_DETACH);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
