/* SPDX-License-Identifier: MIT */
/*
 * Children of the test stop themselves deep in nested functions, and are looked
 * at from outside.  A child that is another program image is this very file,
 * executed from a memfd: become_child() runs before Criterion does.
 */
#include "src/backtrace.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/disassembly.h"
#include "src/process_maps.h"
#include "src/task.h"
#include "traces/report.h"

#define CHILD_VARIABLE "REEL_TEST_BACKTRACE_CHILD"

/* Keeps a call from becoming a jump, which would leave no frame. */
#define NO_TAIL_CALL() __asm__ volatile("")

static volatile int depth_sink;

__attribute__((noinline)) void nested_third(void)
{
	raise(SIGSTOP);
	NO_TAIL_CALL();
	depth_sink++;
}

__attribute__((noinline)) void nested_second(void)
{
	nested_third();
	NO_TAIL_CALL();
	depth_sink++;
}

__attribute__((noinline)) void nested_first(void)
{
	nested_second();
	NO_TAIL_CALL();
	depth_sink++;
}

__attribute__((noinline)) void handle_signal(int signal)
{
	(void)signal;
	nested_second();
	NO_TAIL_CALL();
}

__attribute__((noinline)) void raise_in_function(void)
{
	kill(getpid(), SIGUSR1);
	NO_TAIL_CALL();
	depth_sink++;
}

__attribute__((noinline)) void stop_in_handler(void)
{
	signal(SIGUSR1, handle_signal);
	raise_in_function();
	NO_TAIL_CALL();
}

__attribute__((noinline)) void call_nowhere(void (*function)(void))
{
	function();
	NO_TAIL_CALL();
	depth_sink++;
}

__attribute__((noinline)) void call_null(void)
{
	void (*volatile nowhere)(void) = NULL;

	call_nowhere(nowhere);
	NO_TAIL_CALL();
}

__attribute__((constructor)) static void become_child(void)
{
	if (!getenv(CHILD_VARIABLE))
		return;
	nested_first();
	_exit(0);
}

__attribute__((noinline)) void spin_in_clock(void)
{
	struct timespec now;

	raise(SIGSTOP);
	for (;;)
		clock_gettime(CLOCK_MONOTONIC, &now);
}

static pid_t start_child(void (*function)(void))
{
	pid_t child = fork();

	if (child)
		return child;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	function();
	_exit(0);
}

static void wait_for_stop(pid_t child, int signal)
{
	int status;

	for (;;) {
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert(WIFSTOPPED(status), "child ended: %#x", status);
		if (WSTOPSIG(status) == signal)
			return;
		ptrace(PTRACE_CONT, child, NULL,
		       WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
	}
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static int damaged = -1; /* what all maps have for a file, if not negative */

static int open_map(pid_t child, const struct process_map *map)
{
	char path[64];

	if (!map->inode)
		return -1;
	if (damaged >= 0)
		return dup(damaged);
	if (strncmp(map->name, "/memfd:", 7) != 0)
		return open(map->name, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/exe", child);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static char *backtrace_text(pid_t child, int with_disassembly)
{
	struct address_space *space = address_space_create(child);
	struct task task = { .tid = child, .tgid = child, .space = space };
	struct registers registers;
	struct process_maps maps;
	struct code_map *code;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	cr_assert_eq(task_get_registers(&task, &registers), 0);
	cr_assert_eq(process_maps_read(child, &maps), 0);
	code = xcalloc(maps.count, sizeof(*code));
	for (size_t i = 0; i < maps.count; i++)
		code[i] = (struct code_map){
			maps.maps[i].start,	 maps.maps[i].end,
			maps.maps[i].protection, maps.maps[i].offset,
			maps.maps[i].name,	 open_map(child, &maps.maps[i]),
		};
	if (with_disassembly)
		disassembly_print(stream, &space->memory,
				  registers.value[R_RIP]);
	else
		backtrace_print(stream, &space->memory, &registers, code,
				maps.count);
	fclose(stream);
	for (size_t i = 0; i < maps.count; i++)
		fd_close(&code[i].fd);
	free(code);
	process_maps_deinit(&maps);
	address_space_release(space);
	return text;
}

/* All of the texts, NULL-terminated, one after the other. */
static void expect_in_order(const char *text, const char *const *expected)
{
	const char *at = text;

	for (; *expected; expected++) {
		at = strstr(at, *expected);
		cr_assert_not_null(at, "no '%s' at its place in:\n%s",
				   *expected, text);
		at += strlen(*expected);
	}
}

Test(backtrace, names_nested_functions_in_order)
{
	static const char *const expected[] = {
		"#0 ",		 "libc", "nested_third+", "nested_second+",
		"nested_first+", NULL,
	};
	pid_t child = start_child(nested_first);
	char *text;

	wait_for_stop(child, SIGSTOP);
	text = backtrace_text(child, 0);
	expect_in_order(text, expected);
	cr_assert_null(strstr(text, "? 0x"), "guessed:\n%s", text);
	free(text);
	end_child(child);
}

Test(backtrace, goes_through_a_signal_frame)
{
	static const char *const expected[] = {
		"nested_third+",
		"nested_second+",
		"handle_signal+",
		"<signal frame>",
		"kill+",
		"raise_in_function+",
		"stop_in_handler+",
		NULL,
	};
	pid_t child = start_child(stop_in_handler);
	char *text;

	wait_for_stop(child, SIGSTOP);
	text = backtrace_text(child, 0);
	expect_in_order(text, expected);
	free(text);
	end_child(child);
}

Test(backtrace, finds_the_caller_of_a_null_pointer)
{
	static const char *const expected[] = {
		"#0 0x0000000000000000", "not mapped", "#1?",
		"call_nowhere+",	 "call_null+", NULL,
	};
	pid_t child = start_child(call_null);
	char *text;

	wait_for_stop(child, SIGSEGV);
	text = backtrace_text(child, 0);
	expect_in_order(text, expected);
	free(text);
	end_child(child);
}

/* Without section headers a file has neither symbols nor section names. */
static int stripped_copy_of_this_program(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("a stripped one", MFD_CLOEXEC);
	Elf64_Ehdr header;
	char bytes[65536];
	ssize_t got;

	cr_assert(self >= 0 && copy >= 0);
	while ((got = read(self, bytes, sizeof(bytes))) > 0)
		cr_assert_eq(write_all(copy, bytes, (size_t)got), 0);
	close(self);
	cr_assert_eq(pread_all(copy, &header, sizeof(header), 0), 0);
	header.e_shoff = 0;
	header.e_shnum = 0;
	header.e_shstrndx = 0;
	cr_assert_eq(pwrite(copy, &header, sizeof(header), 0),
		     (ssize_t)sizeof(header));
	return copy;
}

Test(backtrace, unwinds_a_stripped_program_in_a_memfd)
{
	static const char *const expected[] = {
		"raise",
		"#",
		"in ?? (/memfd:a stripped one",
		"in ?? (/memfd:a stripped one",
		"in ?? (/memfd:a stripped one",
		"in ?? (/memfd:a stripped one",
		"__libc_start_main",
		NULL,
	};
	char *arguments[] = { (char *)"child", NULL };
	char *environment[] = { (char *)CHILD_VARIABLE "=1", NULL };
	int program = stripped_copy_of_this_program();
	pid_t child = fork();
	char *text;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		fexecve(program, arguments, environment);
		_exit(1);
	}
	close(program);
	wait_for_stop(child, SIGSTOP);
	text = backtrace_text(child, 0);
	expect_in_order(text, expected);
	free(text);
	end_child(child);
}

/* Steps until the child is in the vDSO, which no file holds. */
static int step_into_vdso(pid_t child)
{
	struct task task = { .tid = child, .tgid = child };
	const struct process_map *map;
	struct registers registers;
	struct process_maps maps;
	int found = 0, status;

	cr_assert_eq(process_maps_read(child, &maps), 0);
	for (int steps = 0; steps < 20000 && !found; steps++) {
		ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
		cr_assert_eq(waitpid(child, &status, 0), child);
		cr_assert_eq(task_get_registers(&task, &registers), 0);
		map = process_maps_find(&maps, registers.value[R_RIP]);
		found = map && !strcmp(map->name, "[vdso]");
	}
	process_maps_deinit(&maps);
	return found;
}

Test(backtrace, reads_the_vdso_out_of_memory)
{
	static const char *const expected[] = {
		"#0 ", "gettime", "([vdso])", "spin_in_clock+", NULL,
	};
	pid_t child = start_child(spin_in_clock);
	char *text;

	wait_for_stop(child, SIGSTOP);
	if (!step_into_vdso(child)) {
		end_child(child);
		cr_skip_test("clock_gettime does not use the vDSO here");
	}
	text = backtrace_text(child, 0);
	expect_in_order(text, expected);
	free(text);
	end_child(child);
}

/* A tracee's memory without a tracee: code at 0x1000, stack at 0x2000. */
static uint8_t *memory_with_calls(void)
{
	static const uint64_t stack[] = {
		0x1504, 0, 0x2028, 0x1500, 0, 0x2048, 0x1600, 0, 0, 0, 0,
	};
	uint8_t *bytes = xcalloc(1, 0x3000);

	memcpy(bytes + 0x1500 - 2, "\xff\xd0", 2); /* call *%rax */
	memcpy(bytes + 0x1600 - 2, "\xff\xd3", 2); /* call *%rbx */
	memcpy(bytes + 0x2000, stack, sizeof(stack));
	return bytes;
}

Test(backtrace, follows_frame_pointers_where_no_tables_are)
{
	static const char *const expected[] = {
		"#0 0x0000000000001400",
		"#1? 0x0000000000001500",
		"#2? 0x0000000000001600",
		NULL,
	};
	AUTO(heap_free) uint8_t *bytes = memory_with_calls();
	struct registers registers = { .value = { 0 } };
	struct code_map map = { 0x1000, 0x2000, PROT_READ | PROT_EXEC,
				0x1000, "",	-1 };
	struct bytes_memory memory;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	bytes_memory_init(&memory, bytes, 0x3000);
	registers.value[R_RIP] = 0x1400;
	registers.value[R_RSP] = 0x2000;
	registers.value[R_RBP] = 0x2010;
	backtrace_print(stream, &memory.memory, &registers, &map, 1);
	fclose(stream);
	expect_in_order(text, expected);
	free(text);
}

/* Compiles it and runs it to its stop; or skips the test. */
static char *backtrace_of_compiled(const char *compiler, const char *options)
{
	static const char source[] =
		"#include <signal.h>\n"
		"#define N __attribute__((noinline)) void\n"
		"N third(void) { raise(SIGSTOP); __asm__(\"\"); }\n"
		"N handler(int s) { third(); __asm__(\"\"); }\n"
		"N second(void) { raise(SIGUSR1); __asm__(\"\"); }\n"
		"int main(void) { signal(SIGUSR1, handler); second();\n"
		"	return 0; }\n";
	char directory[] = "/tmp/test-backtrace-XXXXXX";
	char *program, *command, *text;
	FILE *stream;
	pid_t child;

	cr_assert_not_null(mkdtemp(directory));
	program = xasprintf("%s/program", directory);
	command = xasprintf("%s %s -xc -o %s - 2>/dev/null", compiler, options,
			    program);
	stream = popen(command, "w");
	fputs(source, stream);
	if (pclose(stream)) {
		rmdir(directory);
		cr_skip_test("cannot run %s", command);
	}
	free(command);
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(program, program, NULL);
		_exit(1);
	}
	wait_for_stop(child, SIGSTOP);
	text = backtrace_text(child, 0);
	end_child(child);
	unlink(program);
	rmdir(directory);
	free(program);
	return text;
}

static const char *const compiled_functions[] = {
	"raise+", "third+",  "handler+", "<signal frame>",
	"raise+", "second+", "main+",	 NULL,
};

Test(backtrace, uses_tables_for_debuggers)
{
	char *text =
		backtrace_of_compiled("cc", "-g -O1 -fomit-frame-pointer "
					    "-fno-asynchronous-unwind-tables");

	expect_in_order(text, compiled_functions);
	cr_assert_null(strstr(text, "? 0x"), "guessed:\n%s", text);
	free(text);
	text = backtrace_of_compiled("cc", "-O1 -fomit-frame-pointer "
					   "-fno-asynchronous-unwind-tables");
	expect_in_order(text, compiled_functions);
	free(text);
}

Test(backtrace, guesses_callers_in_static_programs_without_tables)
{
	char *text = backtrace_of_compiled(
		"musl-gcc", "-static -O2 -fno-asynchronous-unwind-tables");

	expect_in_order(text, compiled_functions);
	free(text);
}

static int damaged_copy_of_this_program(unsigned *seed)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("damaged", MFD_CLOEXEC);
	off_t size = lseek(self, 0, SEEK_END);
	Elf64_Ehdr header;
	off_t written = 0;

	cr_assert_eq(pread_all(self, &header, sizeof(header), 0), 0);
	while (written < size) {
		ssize_t got = sendfile(copy, self, &written,
				       (size_t)(size - written));

		cr_assert(got > 0);
	}
	for (int i = 0; i < 400; i++) {
		uint8_t byte = (uint8_t)rand_r(seed);
		off_t at = rand_r(seed) % size;

		if (i < 3)
			at = (off_t)header.e_phoff + rand_r(seed) % 600;
		else if (i < 6)
			at = (off_t)header.e_shoff + rand_r(seed) % 2400;
		cr_assert_eq(pwrite(copy, &byte, 1, at), 1);
	}
	if (rand_r(seed) % 4 == 0)
		cr_assert_eq(ftruncate(copy, rand_r(seed) % size), 0);
	close(self);
	return copy;
}

Test(backtrace, survives_damaged_files, .timeout = 120)
{
	pid_t child = start_child(nested_first);
	unsigned seed = 3;

	wait_for_stop(child, SIGSTOP);
	for (int round = 0; round < 60; round++) {
		damaged = damaged_copy_of_this_program(&seed);
		free(backtrace_text(child, 0));
		close(damaged);
	}
	damaged = -1;
	end_child(child);
}

Test(backtrace, escapes_what_a_terminal_would_obey)
{
	static const uint8_t code[16];
	struct registers registers = { .value = { 0 } };
	struct code_map map = {
		0x1000, 0x2000, PROT_READ | PROT_EXEC, 0, "/tmp/\x1b[31m\n", -1
	};
	struct bytes_memory memory;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	bytes_memory_init(&memory, code, sizeof(code));
	registers.value[R_RIP] = 0x1000;
	backtrace_print(stream, &memory.memory, &registers, &map, 1);
	fclose(stream);
	cr_assert_not_null(strstr(text, "/tmp/\\033[31m\\012"), "%s", text);
	free(text);
}

Test(disassembly, marks_the_system_call)
{
	static const char *const expected[] = {
		"=> ",
		"\n",
		NULL,
	};
	pid_t child = start_child(nested_first);
	char *text;

	wait_for_stop(child, SIGSTOP);
	text = backtrace_text(child, 1);
	expect_in_order(text, expected);
	cr_assert_not_null(strstr(text, "<- system call"), "%s", text);
	free(text);
	end_child(child);
}

static char *disassembly_text(const uint8_t *code, size_t length,
			      remote_addr address)
{
	struct bytes_memory memory;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	bytes_memory_init(&memory, code, length);
	disassembly_print(stream, &memory.memory, address);
	fclose(stream);
	return text;
}

Test(disassembly, shows_instructions_before_and_after)
{
	static const uint8_t code[] = {
		0x55,			      /* push rbp */
		0x48, 0x89, 0xe5,	      /* mov rbp, rsp */
		0xb8, 0x27, 0x00, 0x00, 0x00, /* mov eax, 39 */
		0x0f, 0x05,		      /* syscall */
		0x5d,			      /* pop rbp */
		0xc3,			      /* ret */
	};
	static const char *const expected[] = {
		"push rbp",
		"mov rbp, rsp",
		"mov eax, 0x27",
		" =>",
		"syscall   <- system call",
		"pop rbp",
		"ret",
		NULL,
	};
	char *text = disassembly_text(code, sizeof(code), 9);

	expect_in_order(text, expected);
	free(text);
}

Test(disassembly, says_when_nothing_is_there)
{
	static const uint8_t code[] = { 0x90 };
	char *text = disassembly_text(code, sizeof(code), 0x400000);

	cr_assert_not_null(strstr(text, "not readable"), "%s", text);
	free(text);
}
