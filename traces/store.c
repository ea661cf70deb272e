/* SPDX-License-Identifier: MIT */
/*
 * The snapshots of a trace, and the store that traces share.
 *
 * A new object is made in the trace and then linked into the shared store, so
 * that one with a single link is used by no trace (store_gc).
 */
#include "traces/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "traces/file.h"
#include "traces/object.h"
#include "traces/report.h"

/* Content up to this size is hashed before it is compressed: it may be known */
#define HASH_FIRST_SIZE ((uint64_t)64 << 20)

/*
 * Times of change younger than this do not identify content: a second change
 * may bear the same time, and stores into a shared mapping that is dirty
 * already change no time until the kernel has written it out (30 s).
 */
#define SETTLED_SECONDS 40

/* Temporary files of killed recorders are removed when older than this. */
#define STALE_SECONDS 3600

#define KEY_SIZE 160

#ifndef BCACHEFS_SUPER_MAGIC
#define BCACHEFS_SUPER_MAGIC 0xca451a4e
#endif
#define ZFS_MAGIC 0x2fc12fc1

struct store {
	int objects;
	char *shared; /* path, for messages; NULL when there is none */
	int shared_objects;
	int by_inode;
	int notes; /* -1: nothing is remembered */
};

static void unshare(struct store *store)
{
	fd_close(&store->shared_objects);
	fd_close(&store->by_inode);
	fd_close(&store->notes);
	free(store->shared);
	store->shared = NULL;
}

static void shared_failed(struct store *store, int err)
{
	warn("the shared snapshot store %s cannot be used, this trace goes on"
	     " without it: %s",
	     store->shared, strerror(-err));
	unshare(store);
}

/* Makes the directory and those above it. */
static int make_directories(const char *path)
{
	AUTO(heap_free) char *copy = xstrdup(path);
	char *slash;

	for (slash = strchr(copy + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		/* Whether it matters shows at the next one. */
		mkdir(copy, 0777);
		*slash = '/';
	}
	return mkdir(copy, 0777) && errno != EEXIST ? -errno : 0;
}

void store_share(struct store *store, const char *shared)
{
	AUTO(fd_close) int directory = -1;
	int err;

	unshare(store);
	if (!shared || !*shared)
		return;
	store->shared = xstrdup(shared);
	err = make_directories(shared);
	directory = open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0) {
		shared_failed(store, err ? err : -errno);
		return;
	}
	store->shared_objects = directory_open(directory, "objects");
	store->by_inode = directory_open(directory, "by-inode");
	store->notes = directory_open(directory, "notes");
	if (store->shared_objects < 0 || store->by_inode < 0)
		shared_failed(store, store->shared_objects < 0
					     ? store->shared_objects
					     : store->by_inode);
}

int store_open(const char *objects, const char *shared,
	       struct store **store_out)
{
	struct store *store = xcalloc(1, sizeof(*store));

	*store_out = NULL;
	store->shared_objects = store->by_inode = store->notes = -1;
	store->objects = directory_open(AT_FDCWD, objects);
	if (store->objects < 0) {
		int err = store->objects;

		store_close(store);
		return report(err, "open the trace's snapshots %s", objects);
	}
	store_share(store, shared);
	*store_out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	unshare(store);
	fd_close(&store->objects);
	free(store);
}

static int make_prefix(int objects, const char *name)
{
	char prefix[3] = { name[0], name[1], '\0' };

	return mkdirat(objects, prefix, 0777) && errno != EEXIST ? -errno : 0;
}

/* True when the trace has the snapshot, or has it now from the shared store. */
static int is_present(struct store *store, const uint8_t sha256[HASH_SIZE])
{
	char name[OBJECT_NAME_SIZE];
	uint64_t size;

	if (!object_size(store->objects, sha256, &size))
		return 1;
	if (!store->shared || object_size(store->shared_objects, sha256, &size))
		return 0;
	object_name(sha256, name);
	/*
	 * Any failure here, such as an object collected meanwhile, only means
	 * that the content is to be compressed anew.
	 */
	return !make_prefix(store->objects, name) &&
	       !file_link_or_copy(store->shared_objects, name, store->objects,
				  name, OBJECT_MODE);
}

static void put_into_shared(struct store *store,
			    const uint8_t sha256[HASH_SIZE])
{
	char name[OBJECT_NAME_SIZE];
	uint64_t size;
	int err;

	if (!store->shared ||
	    !object_size(store->shared_objects, sha256, &size))
		return;
	object_name(sha256, name);
	err = make_prefix(store->shared_objects, name);
	/* One that a crash of the machine left in pieces gives way. */
	if (!err && unlinkat(store->shared_objects, name, 0) && errno != ENOENT)
		err = -errno;
	if (!err)
		err = file_link_or_copy(store->objects, name,
					store->shared_objects, name,
					OBJECT_MODE);
	if (err && err != -EEXIST)
		shared_failed(store, err);
}

/* Makes the object in the trace and shares it. */
static int put_new(struct store *store, const struct object_source *source,
		   uint8_t sha256_out[HASH_SIZE])
{
	struct new_file file = NEW_FILE_NONE;
	char name[OBJECT_NAME_SIZE];
	int err;

	err = new_file_begin(store->objects, OBJECT_MODE, &file);
	if (!err)
		err = object_write(source, file.fd, sha256_out);
	if (!err) {
		object_name(sha256_out, name);
		err = make_prefix(store->objects, name);
	}
	if (!err)
		err = new_file_commit(&file, name);
	new_file_deinit(&file);
	if (err)
		return report(err, "write a snapshot of %llu bytes",
			      (unsigned long long)source->size);
	put_into_shared(store, sha256_out);
	return 0;
}

static int put(struct store *store, const struct object_source *source,
	       uint8_t sha256_out[HASH_SIZE])
{
	int err;

	if (source->size <= HASH_FIRST_SIZE) {
		err = object_hash(source, sha256_out);
		if (err)
			return report(err, "read %llu bytes for a snapshot",
				      (unsigned long long)source->size);
		if (is_present(store, sha256_out))
			return 0;
	}
	return put_new(store, source, sha256_out);
}

int store_add_bytes(struct store *store, const void *bytes, size_t length,
		    uint8_t sha256_out[32])
{
	struct object_source source = {
		.bytes = length ? bytes : (const uint8_t *)"",
		.fd = -1,
		.size = length,
	};

	return put(store, &source, sha256_out);
}

/*
 * True where (device, inode, size, times) tells content from other content:
 * on file systems that keep a time of change of their own.  An image with all
 * times equal (squashfs), tmpfs (no time for stores into mappings) and the
 * network's file systems are not among them.
 */
static int times_tell(int fd)
{
	struct statfs file_system;

	if (fstatfs(fd, &file_system))
		return 0;
	switch ((unsigned long)file_system.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case BCACHEFS_SUPER_MAGIC:
	case ZFS_MAGIC:
		return 1;
	default:
		return 0;
	}
}

static int is_settled(const struct timespec *changed)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return changed->tv_sec < now.tv_sec - SETTLED_SECONDS;
}

/* The name of the file's entry in by-inode/; 0 when it may have none. */
static int inode_key(const struct store *store, int fd,
		     const struct stat *status, char key_out[KEY_SIZE])
{
	if (!store->shared || !S_ISREG(status->st_mode) ||
	    !is_settled(&status->st_ctim) || !is_settled(&status->st_mtim) ||
	    !times_tell(fd))
		return 0;
	snprintf(key_out, KEY_SIZE, "%llu-%llu-%llu-%lld.%09ld-%lld.%09ld",
		 (unsigned long long)status->st_dev,
		 (unsigned long long)status->st_ino,
		 (unsigned long long)status->st_size,
		 (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
		 (long long)status->st_ctim.tv_sec, status->st_ctim.tv_nsec);
	return 1;
}

static int read_inode_entry(int by_inode, const char *key,
			    uint8_t sha256_out[HASH_SIZE])
{
	char text[HASH_TEXT_SIZE] = "";

	return readlinkat(by_inode, key, text, sizeof(text)) == 64 &&
	       !hash_from_text(text, sha256_out);
}

/* These are caches: where there are no symbolic links there are none. */
static void write_entry(int directory, const char *key, const char *text)
{
	char temporary[KEY_SIZE + 32];

	if (!symlinkat(text, directory, key) || errno != EEXIST)
		return;
	snprintf(temporary, sizeof(temporary), FILE_TEMPORARY_PREFIX "%d-%s",
		 (int)getpid(), key);
	if (!symlinkat(text, directory, temporary) &&
	    renameat(directory, temporary, directory, key))
		unlinkat(directory, temporary, 0);
}

static void write_inode_entry(const struct store *store, const char *key,
			      const uint8_t sha256[HASH_SIZE])
{
	char text[HASH_TEXT_SIZE];

	if (!store->shared)
		return;
	hash_to_text(sha256, text);
	write_entry(store->by_inode, key, text);
}

static int is_unchanged(int fd, const struct stat *before)
{
	struct stat now;

	return !fstat(fd, &now) && now.st_dev == before->st_dev &&
	       now.st_ino == before->st_ino && now.st_size == before->st_size &&
	       now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == before->st_mtim.tv_nsec &&
	       now.st_ctim.tv_sec == before->st_ctim.tv_sec &&
	       now.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

/*
 * Looking for holes moves a descriptor's offset, which may be the program's
 * own: a sparse file is opened once more.  -1 when that cannot be done.
 */
static int open_for_holes(int fd, const struct stat *status)
{
	char path[32];

	if (!S_ISREG(status->st_mode) ||
	    status->st_blocks >= (status->st_size + 511) / 512)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int store_add_fd(struct store *store, int fd, const struct stat *status,
		 uint8_t sha256_out[32])
{
	AUTO(fd_close) int own = -1;
	struct object_source source = {
		.fd = fd,
		.size = (uint64_t)status->st_size,
	};
	char key[KEY_SIZE];
	int err, has_key;

	has_key = inode_key(store, fd, status, key);
	if (has_key && read_inode_entry(store->by_inode, key, sha256_out) &&
	    is_present(store, sha256_out))
		return 0;
	own = open_for_holes(fd, status);
	if (own >= 0) {
		source.fd = own;
		source.is_sparse = 1;
	}
	err = put(store, &source, sha256_out);
	if (!err && has_key && is_unchanged(fd, status)) {
		/* What by-inode/ names must be in the store. */
		put_into_shared(store, sha256_out);
		write_inode_entry(store, key, sha256_out);
	}
	return err;
}

/* ---- notes ---- */

/* The digits first: store_gc() goes by them. */
static void note_key(const char *kind, const uint8_t sha256[HASH_SIZE],
		     char key_out[KEY_SIZE])
{
	char text[HASH_TEXT_SIZE];

	hash_to_text(sha256, text);
	snprintf(key_out, KEY_SIZE, "%s-%s", text, kind);
}

ssize_t store_recall(const struct store *store, const char *kind,
		     const uint8_t sha256[HASH_SIZE],
		     char text_out[STORE_NOTE_SIZE])
{
	char key[KEY_SIZE];
	ssize_t length;

	if (store->notes < 0)
		return -1;
	note_key(kind, sha256, key);
	length = readlinkat(store->notes, key, text_out, STORE_NOTE_SIZE);
	if (length < 1 || length == STORE_NOTE_SIZE)
		return -1;
	text_out[length] = '\0';
	return length;
}

void store_remember(struct store *store, const char *kind,
		    const uint8_t sha256[HASH_SIZE], int fd,
		    const struct stat *status, const char *text)
{
	char key[KEY_SIZE];

	if (store->notes < 0 || strlen(text) >= STORE_NOTE_SIZE ||
	    !inode_key(store, fd, status, key) || !is_unchanged(fd, status))
		return;
	note_key(kind, sha256, key);
	write_entry(store->notes, key, text);
}

/* ---- places ---- */

#define PLACE "place1"

/*
 * As far as by-inode/ knows, the file has this content: the descriptor may be
 * one of O_PATH.
 */
static int has_content(const struct store *store, int fd, uint64_t size,
		       const uint8_t sha256[HASH_SIZE])
{
	uint8_t found[HASH_SIZE];
	struct stat status;
	char key[KEY_SIZE];

	return !fstat(fd, &status) && (uint64_t)status.st_size == size &&
	       inode_key(store, fd, &status, key) &&
	       read_inode_entry(store->by_inode, key, found) &&
	       !memcmp(found, sha256, HASH_SIZE);
}

static int may_map_code(int fd)
{
	struct statvfs file_system;

	return !fstatvfs(fd, &file_system) &&
	       !(file_system.f_flag & ST_NOEXEC);
}

int store_locate(const struct store *store, const uint8_t sha256[HASH_SIZE],
		 uint64_t size, char **path_out)
{
	AUTO(fd_close) int place = -1;
	char path[STORE_NOTE_SIZE], again[32];
	int fd;

	*path_out = NULL;
	if (!store || store_recall(store, PLACE, sha256, path) < 0)
		return -1;
	/* To open what is there now could wake up a device or a pipe. */
	place = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0 || !has_content(store, place, size, sha256) ||
	    !may_map_code(place))
		return -1;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC | O_NOATIME);
	if (fd < 0)
		fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		*path_out = xstrdup(path);
	return fd;
}

void store_remember_place(struct store *store, const uint8_t sha256[HASH_SIZE],
			  int fd, const struct stat *status, const char *path)
{
	AUTO(heap_free) char *other = NULL;
	AUTO(fd_close) int known = -1;
	char text[STORE_NOTE_SIZE];

	if (path[0] != '/' || strpbrk(path, "\n\\") || !status->st_nlink)
		return;
	if (store_recall(store, PLACE, sha256, text) > 0 &&
	    !strcmp(text, path))
		return;
	/* Another file with this content will do. */
	known = store_locate(store, sha256, (uint64_t)status->st_size, &other);
	if (known < 0)
		store_remember(store, PLACE, sha256, fd, status, path);
}

/* A directory in which nobody but us and root decides. */
static int open_own(int parent, const char *name)
{
	AUTO(fd_close) int fd = openat(parent, name, O_RDONLY | O_DIRECTORY |
				       O_CLOEXEC | O_NOFOLLOW);
	struct stat status;
	int own;

	if (fd < 0 || fstat(fd, &status) || (status.st_mode & S_IWOTH) ||
	    (status.st_uid && status.st_uid != geteuid()))
		return -1;
	own = fd;
	fd = -1;
	return own;
}

struct store *store_look(const char *shared)
{
	AUTO(fd_close) int directory = -1;
	struct store *store;

	if (!shared)
		return NULL;
	directory = open_own(AT_FDCWD, shared);
	if (directory < 0)
		return NULL;
	store = xcalloc(1, sizeof(*store));
	store->objects = store->shared_objects = -1;
	store->by_inode = open_own(directory, "by-inode");
	store->notes = open_own(directory, "notes");
	store->shared = xstrdup(shared);
	if (store->by_inode >= 0 && store->notes >= 0)
		return store;
	store_close(store);
	return NULL;
}

/* What store_gc works on. */
struct collection {
	int objects, by_inode;
	int dry_run;
	uint64_t files, bytes;
	int err; /* the first */
};

typedef void (*visit_entry)(struct collection *collection, int directory,
			    const char *name);

static void visit_directory(struct collection *collection, int parent,
			    const char *name, visit_entry visit)
{
	struct dirent *entry;
	DIR *directory;
	int fd;

	fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	directory = fdopendir(fd);
	bug_unless(directory, "fdopendir: %s", strerror(errno));
	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			visit(collection, fd, entry->d_name);
	closedir(directory);
}

static void remove_entry(struct collection *collection, int directory,
			 const char *name)
{
	if (collection->dry_run || !unlinkat(directory, name, 0) ||
	    errno == ENOENT || collection->err)
		return;
	collection->err =
		report(-errno, "remove %s from the shared store", name);
}

static void remove_stale(struct collection *collection, int directory,
			 const char *name, const struct stat *status)
{
	if (status->st_mtim.tv_sec < time(NULL) - STALE_SECONDS)
		remove_entry(collection, directory, name);
}

static int is_temporary(const char *name)
{
	return !strncmp(name, FILE_TEMPORARY_PREFIX,
			strlen(FILE_TEMPORARY_PREFIX));
}

static void visit_object(struct collection *collection, int directory,
			 const char *name)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(status.st_mode))
		return;
	if (is_temporary(name)) {
		remove_stale(collection, directory, name, &status);
	} else if (status.st_nlink == 1) {
		collection->files++;
		collection->bytes += (uint64_t)status.st_size;
		remove_entry(collection, directory, name);
	}
}

static void visit_prefix(struct collection *collection, int directory,
			 const char *name)
{
	if (is_temporary(name))
		visit_object(collection, directory, name);
	else
		visit_directory(collection, directory, name, visit_object);
}

static int is_used(const struct collection *collection,
		   const uint8_t sha256[HASH_SIZE])
{
	char object[OBJECT_NAME_SIZE];
	struct stat status;

	object_name(sha256, object);
	return !fstatat(collection->objects, object, &status, 0) &&
	       status.st_nlink > 1;
}

/* Of by-inode/, whose names are of files, or of notes/, where of content. */
static void visit_entry_of(struct collection *collection, int directory,
			   const char *name, int is_note)
{
	uint8_t sha256[HASH_SIZE];
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW))
		return;
	if (is_temporary(name))
		remove_stale(collection, directory, name, &status);
	else if (!(is_note ? strlen(name) > 2 * HASH_SIZE &&
			     !hash_from_text(name, sha256)
			   : read_inode_entry(directory, name, sha256)) ||
		 !is_used(collection, sha256))
		remove_entry(collection, directory, name);
}

static void visit_inode(struct collection *collection, int directory,
			const char *name)
{
	visit_entry_of(collection, directory, name, 0);
}

static void visit_note(struct collection *collection, int directory,
		       const char *name)
{
	visit_entry_of(collection, directory, name, 1);
}

int store_gc(const char *shared, int dry_run, uint64_t *files_out,
	     uint64_t *bytes_out)
{
	struct collection collection = { .dry_run = dry_run };
	AUTO(fd_close) int directory = -1;
	AUTO(fd_close) int objects = -1;

	*files_out = *bytes_out = 0;
	directory = open(shared, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT
			       ? 0
			       : report(-errno, "open the store %s", shared);
	objects = openat(directory, "objects",
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	collection.objects = objects;
	visit_directory(&collection, directory, "objects", visit_prefix);
	visit_directory(&collection, directory, "by-inode", visit_inode);
	visit_directory(&collection, directory, "notes", visit_note);
	*files_out = collection.files;
	*bytes_out = collection.bytes;
	return collection.err;
}
