/* SPDX-License-Identifier: MIT */
/*
 * Has descriptors of all kinds, and prints which they are from time to time,
 * as the kernel knows them (/proc/self/fdinfo): number, position, flags.  The
 * first argument is a directory for files.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int is_good, const char *what)
{
	if (!is_good) {
		perror(what);
		exit(1);
	}
}

static void add_flags(char *line, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {
		{ O_APPEND, "|O_APPEND" }, { O_NONBLOCK, "|O_NONBLOCK" },
		{ O_DIRECT, "|O_DIRECT" }, { O_CLOEXEC, "|O_CLOEXEC" },
	};
	static const char *const accesses[] = { "O_RDONLY", "O_WRONLY",
						"O_RDWR", "?" };

	strcat(line, flags & O_PATH ? "O_PATH" : accesses[flags & O_ACCMODE]);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (flags & names[i].bit)
			strcat(line, names[i].name);
	strcat(line, "\n");
}

static void add_descriptor(char *text, int number)
{
	char path[64], bytes[256] = "";
	int fd;
	long position;
	unsigned flags;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0 && read(fd, bytes, sizeof(bytes) - 1) > 0, path);
	close(fd);
	must(sscanf(bytes, "pos: %ld flags: %o", &position, &flags) == 2,
	     bytes);
	sprintf(text + strlen(text), "%d %ld ", number, position);
	add_flags(text, flags);
}

static void show(const char *name)
{
	static char text[65536];
	int numbers[256];
	size_t count = 0;
	struct dirent *entry;
	DIR *directory = opendir("/proc/thread-self/fd");

	while ((entry = readdir(directory)))
		if (*entry->d_name != '.' &&
		    atoi(entry->d_name) != dirfd(directory))
			numbers[count++] = atoi(entry->d_name);
	closedir(directory);
	sprintf(text, "--- %s\n", name);
	for (size_t i = 0; i < count; i++)
		add_descriptor(text, numbers[i]);
	must(write(1, text, strlen(text)) == (ssize_t)strlen(text), "write");
}

static void open_files(void)
{
	struct open_how how = { .flags = O_RDONLY };
	struct stat status;
	char bytes[100] = "some bytes";
	int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	int other = openat(AT_FDCWD, "other", O_WRONLY | O_CREAT | O_CLOEXEC,
			   0600);
	int memory = memfd_create("one", 0);
	int again, directory;
	char path[64];
	loff_t place = 5;

	must(!fstat(file, &status) && !fstat(other, &status), "fstat");
	must(write(file, bytes, 100) == 100 && lseek(file, -40, SEEK_CUR) == 60,
	     "write");
	must(read(dup(file), bytes, 10) == 10, "read of a duplicate");
	must(pwrite(memory, bytes, 50, 20) == 50, "pwrite");
	must(write(memory, bytes, 30) == 30, "write");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	again = open(path, O_RDONLY);
	must(read(again, bytes, 7) == 7, "read of a memfd opened again");
	must(sendfile(other, memory, NULL, 20) == 20, "sendfile");
	must(copy_file_range(file, &place, other, NULL, 9, 0) == 9, "copy");
	how.flags = O_PATH | O_CLOEXEC;
	must(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)) >= 0,
	     "openat2");
	directory = open(".", O_RDONLY | O_DIRECTORY);
	must(directory >= 0 && open("/dev/null", O_WRONLY | O_APPEND) >= 0,
	     "open");
	must(syscall(SYS_getdents64, directory, bytes, 90) > 0, "getdents");
	again = open("file", O_WRONLY | O_APPEND);
	must(!fstat(again, &status) && write(again, bytes, 3) == 3, "append");
}

static void open_others(void)
{
	int pipes[2], more[2];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	must(!pipe(pipes) && !pipe2(more, O_NONBLOCK | O_CLOEXEC), "pipe");
	must(eventfd(3, EFD_CLOEXEC) >= 0 && eventfd(0, 0) >= 0, "eventfd");
	must(epoll_create1(EPOLL_CLOEXEC) >= 0, "epoll");
	must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK) >= 0, "timerfd");
	must(signalfd(-1, &set, SFD_CLOEXEC) >= 0, "signalfd");
	must(inotify_init1(IN_NONBLOCK) >= 0, "inotify");
	must(syscall(SYS_pidfd_open, getpid(), 0) >= 0, "pidfd");
	must(fcntl(pipes[0], F_DUPFD, 100) == 100, "F_DUPFD");
	must(fcntl(pipes[0], F_DUPFD_CLOEXEC, 100) == 101, "F_DUPFD_CLOEXEC");
	must(dup3(pipes[1], 110, O_CLOEXEC) == 110, "dup3");
	must(dup2(more[0], more[1]) == more[1], "dup2");
	must(!fcntl(100, F_SETFD, FD_CLOEXEC), "F_SETFD");
	must(!fcntl(pipes[1], F_SETFL, O_NONBLOCK), "F_SETFL");
	must(dup2(0, 120) == 120 && dup2(0, 121) == 121 && dup2(0, 122) == 122,
	     "dup2");
	must(!close_range(121, 122, 0) &&
	     !close_range(120, 120, CLOSE_RANGE_CLOEXEC), "close_range");
}

static void open_sockets(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(name.sun_path, "socket");
	unlink("socket");
	must(!bind(listener, (struct sockaddr *)&name, sizeof(name)) &&
	     !listen(listener, 1), "listen");
	must(!connect(client, (struct sockaddr *)&name, sizeof(name)),
	     "connect");
	must(accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0, "accept");
}

struct message {
	struct msghdr header;
	struct iovec vector;
	char byte;
	union {
		struct cmsghdr first;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
};

static void prepare(struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->vector = (struct iovec){ &message->byte, 1 };
	message->header.msg_iov = &message->vector;
	message->header.msg_iovlen = 1;
	message->header.msg_control = &message->control;
	message->header.msg_controllen = sizeof(message->control);
}

static void pass(int socket, int first, int second)
{
	struct message message;
	int numbers[2] = { first, second };

	prepare(&message);
	message.control.first.cmsg_level = SOL_SOCKET;
	message.control.first.cmsg_type = SCM_RIGHTS;
	message.control.first.cmsg_len = CMSG_LEN(sizeof(numbers));
	memcpy(CMSG_DATA(&message.control.first), numbers, sizeof(numbers));
	must(sendmsg(socket, &message.header, 0) == 1, "sendmsg");
}

static void receive(int socket)
{
	struct message message;

	prepare(&message);
	must(recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC) == 1,
	     "recvmsg");
}

static void *run_thread(void *unused)
{
	(void)unused;
	must(open("file", O_RDONLY) >= 0, "open");
	must(!unshare(CLONE_FILES), "unshare");
	close_range(3, ~0u, 0);
	show("thread");
	return NULL;
}

static void run_child(int socket, char **argv)
{
	receive(socket);
	show("child");
	argv[2] = "exec";
	execv("/proc/self/exe", argv);
	must(0, "exec");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int sockets[2], status;

	if (argc > 2) {
		show(argv[2]);
		return 0;
	}
	must(argc == 2 && !chdir(argv[1]), "chdir");
	close_range(3, ~0u, 0); /* what only the kernel knows of */
	open_files();
	open_others();
	open_sockets();
	show("all");
	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "socketpair");
	if (!fork())
		run_child(sockets[1], (char *[]){ argv[0], argv[1], "", NULL });
	pass(sockets[0], 100, 3);
	must(wait(&status) > 0 && !status, "wait");
	pthread_create(&thread, NULL, run_thread, NULL);
	pthread_join(thread, NULL);
	show("end");
	return 0;
}
