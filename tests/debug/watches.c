/* SPDX-License-Identifier: MIT */
/* Memory that is written and read by all that can: code, calls, signals. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LONG 1200

struct part {
	int first, second;
	char text[24];
};

long table[LONG];
struct part part;
char input[4096];
int others[16];
char *pages;

static long sum_of(int count)
{
	long sum = 0;

	for (int i = 0; i < count; i++)
		sum += table[i]; /* MARK sum */
	return sum;
}

static void fill(void)
{
	for (int i = 0; i < 3; i++) {
		others[i] = i;
		table[i * 400] = i + 1; /* MARK table */
	}
	table[LONG - 1] = 7; /* MARK last */
	table[LONG - 1] = 7; /* MARK same */
}

static void change_part(void)
{
	part.first = 1; /* MARK first */
	part.second = 2; /* MARK second */
	strcpy(part.text, "text"); /* MARK text */
	part.second = 3; /* MARK third */
}

/* From a call, into memory that is watched. */
static long take_input(void)
{
	int ends[2];
	long got;

	if (pipe(ends) || write(ends[1], "hello", 5) != 5)
		return -1;
	got = read(ends[0], input + 4000, 96);
	got += read(ends[0], NULL, 0); /* MARK input */
	if (write(ends[1], input + 4000, 5) != 5) /* read by the kernel */
		return -1;
	close(ends[0]);
	close(ends[1]);
	return got;
}

static void on_signal(int number)
{
	others[number & 15] = number; /* MARK handler */
}

/* What a program itself protects stays so: a barrier of its own. */
static char *fault_page;

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	mprotect(fault_page, 4096, PROT_READ | PROT_WRITE);
	others[15] += (char *)info->si_addr == fault_page + 8;
}

static int write_barrier(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO };
	int ends[2];

	if (pipe(ends))
		return 0;
	sigaction(SIGSEGV, &action, NULL);
	fault_page = pages;
	mprotect(pages, 4096, PROT_READ);
	pages[8] = 1; /* MARK barrier */
	pages[9] = 2; /* MARK behind barrier */
	/* The kernel's EFAULT is the program's. */
	mprotect(pages, 4096, PROT_NONE);
	return write(ends[1], pages, 1) == -1 && others[15] == 1;
}

static void *work(void *argument)
{
	table[10] += 5; /* MARK thread */
	return argument;
}

int main(void)
{
	pthread_t thread;
	long sum;

	pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(pages + 4096, "second"); /* MARK begin */
	fill();
	change_part();
	sum = sum_of(LONG); /* MARK summed */
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	sum += take_input(); /* MARK taken */
	sum += write_barrier();
	printf("%ld\n", sum); /* MARK end */
	return 0;
}
