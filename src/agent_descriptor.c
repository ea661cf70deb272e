/* SPDX-License-Identifier: MIT */
/* The agent: what is known of the program's descriptors. */
#include "src/agent_descriptor.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

#define SOL_SOCKET 1
#define SO_SNDBUF 7
#define SO_LINGER 13
#define SO_RCVLOWAT 18
#define SO_DOMAIN 39
#define AF_UNIX 1
#define SMALL_BUFFER (4 * PIPE_ATOMIC)

static int is_plain_device(uint64_t device)
{
	for (unsigned i = 0; i < shared->device_count; i++)
		if (shared->devices[i] == device)
			return 1;
	return 0;
}

static int is_in_memory(uint64_t device)
{
	for (unsigned i = 0; i < shared->device_count; i++)
		if (shared->devices[i] == device)
			return shared->devices_in_memory >> i & 1;
	return 0;
}

static int is_followed(uint64_t device, uint64_t inode)
{
	uint32_t bit = agent_followed_bit(device, inode);

	return shared->followed[bit / 8] >> (bit % 8) & 1;
}

/* null, zero, full, random, urandom: reads and writes end at once. */
static int is_plain_character_device(uint64_t device)
{
	return device == 0x103 || device == 0x105 || device == 0x107 ||
	       device == 0x108 || device == 0x109;
}

uint8_t agent_class_of_status(const struct stat *status)
{
	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		if (!is_plain_device(status->st_dev))
			return CLASS_TRACED;
		return is_followed(status->st_dev, status->st_ino) ?
			CLASS_FOLLOWED : CLASS_FILE;
	case S_IFDIR:
		return is_plain_device(status->st_dev) ? CLASS_DIRECTORY :
							 CLASS_TRACED;
	case S_IFCHR:
		return is_plain_character_device(status->st_rdev) ?
			CLASS_FILE : CLASS_TRACED;
	case S_IFIFO:
		return CLASS_PIPE;
	case S_IFSOCK:
		return CLASS_SOCKET;
	case 0:
		return CLASS_EVENT;
	default:
		return CLASS_TRACED;
	}
}

/* The first word of an option; 0 if there is none. */
static int socket_option(uint64_t fd, int option)
{
	int value[4] = { 0 }, length = sizeof(value);

	return agent_syscall(__NR_getsockopt, fd, SOL_SOCKET, (uint64_t)option,
			     (uint64_t)value, (uint64_t)&length, 0) ? 0 :
								      value[0];
}

/*
 * A read may wait for more than there is, a write of little be cut in two, a
 * close wait for the other side: what can't be tried without waiting.
 */
static uint8_t class_of_socket(uint64_t fd)
{
	int is_unix = socket_option(fd, SO_DOMAIN) == AF_UNIX;

	if (socket_option(fd, SO_RCVLOWAT) > 1 ||
	    (!is_unix && socket_option(fd, SO_LINGER)) ||
	    (is_unix && socket_option(fd, SO_SNDBUF) < (int)SMALL_BUFFER))
		return CLASS_WAITING;
	return is_unix ? CLASS_UNIX : CLASS_SOCKET;
}

/* What is known of all files alike, whatever their class. */
static uint8_t traits_of_status(const struct stat *status)
{
	uint8_t traits = 0;

	if (((status->st_mode & S_IFMT) == S_IFREG ||
	     (status->st_mode & S_IFMT) == S_IFDIR) &&
	    is_in_memory(status->st_dev))
		traits |= CLASS_IN_MEMORY;
	for (unsigned i = 1; i <= 2; i++)
		if (status->st_dev == shared->standard[i].device &&
		    status->st_ino == shared->standard[i].inode)
			traits |= i == 1 ? CLASS_OUTPUT : CLASS_ERROR;
	return traits;
}

static uint8_t look_at(uint64_t fd)
{
	struct stat status;
	uint8_t class;

	if (agent_syscall(__NR_fstat, fd, (uint64_t)&status, 0, 0, 0, 0))
		return CLASS_TRACED;
	class = agent_class_of_status(&status);
	if (class == CLASS_SOCKET)
		class = class_of_socket(fd);
	return class | traits_of_status(&status);
}

void agent_check_classes(void)
{
	if (own->generation == shared->generation && !own->is_stale)
		return;
	clear(own->classes, sizeof(own->classes));
	own->generation = shared->generation;
	own->is_stale = 0;
}

uint8_t agent_class_of(uint64_t fd)
{
	if (fd >= AGENT_DESCRIPTORS || shared->are_files_apart)
		return CLASS_TRACED;
	agent_check_classes();
	if (!own->classes[fd])
		own->classes[fd] = look_at(fd);
	return own->classes[fd];
}

/* A filter of the program may have answered what the kernel would not. */
void agent_learn_class(uint64_t fd, const struct stat *status)
{
	uint8_t class = agent_class_of_status(status);

	if (fd >= AGENT_DESCRIPTORS || shared->are_files_apart ||
	    shared->is_filtered || class == CLASS_SOCKET)
		return;
	agent_check_classes();
	if (!own->classes[fd])
		own->classes[fd] = class | traits_of_status(status);
}

void agent_set_class(int64_t fd, uint8_t class)
{
	if (fd >= 0 && fd < AGENT_DESCRIPTORS && !shared->are_files_apart)
		own->classes[fd] = class;
}

int agent_is_non_blocking(uint64_t fd)
{
	return agent_syscall(__NR_fcntl, fd, F_GETFL, 0, 0, 0, 0) &
	       O_NONBLOCK;
}
