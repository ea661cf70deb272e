/* SPDX-License-Identifier: MIT */
/*
 * reel: records a command, and replays it as often as you like.
 *
 * The file map, from the bottom up; each directory uses those above it only.
 *
 * traces/  the trace file
 *   report       errors, allocation, cleanup
 *   event        the event and its effects
 *   store        snapshots of files, named by their SHA-256
 *   file, hash, bytes, codec, stream*, object, info
 *                the parts of a trace on disk
 *   writer       a trace being written
 *   reader       a trace being read, checked as hostile input
 *   verify, pack, unpack, tar
 *                whole traces checked and moved
 * src/     tracees
 *   registers, memory, task, process_maps, memory_digest
 *                a stopped thread, its registers and memory
 *   syscalls.def, requests.def, ioctls.def, syscall_table, syscall_extents
 *                which memory each system call reads and writes
 *   decode_*, dump*, stat, descriptor*
 *                calls and events as text
 *   elf_*, code_module, debug_frame, instruction*, vdso, backtrace,
 *   disassembly  code: instructions to trap, clocks to redirect, stacks
 *   code_patch, call_patch
 *                jumps in place of instructions, of system calls
 *   session_page what reel keeps for itself in each address space
 *   record*      the recorder; recorder.h says which file does what
 *   debug_client, debug_root
 *                a debugger that is started
 *   trace_path, trace_files, process_tree, machine, human, options
 *                what the commands share
 * replay/  the replayer; replayer.h says which file does what
 * src/main.c and src/command_*.c stand on top of it all: the reel command.
 * command_inspect is what those share that look at a replay.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "src/commands.h"
#include "traces/report.h"

static const struct command *const commands[] = {
	&command_record,    &command_replay,  &command_debug,
	&command_ls,	    &command_info,
	&command_dump,	    &command_stat,    &command_bt,     &command_disasm,
	&command_read,	    &command_maps,    &command_fds,
	&command_snapshots, &command_extract, &command_verify, &command_pack,
	&command_unpack,    &command_rm,      &command_gc,     &command_doctor,
	NULL,
};

static void print_help(void)
{
	printf("Usage: reel COMMAND [OPTION...] ...\n"
	       "Records a command completely, replays it exactly.\n\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-10s %s\n", commands[i]->name,
		       commands[i]->summary);
	printf("\n`reel COMMAND --help' has options and an example.\n");
}

/* What could not be written must not look as if it had been. */
static int run_command(const struct command *command, int argc, char **argv)
{
	int status = command->run(command, argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		report(-errno, "%s: write to stdout", command->name);
		return status ? status : command->failure;
	}
	return status;
}

/*
 * Buffers come and go with each process and each digest: what is free is kept,
 * since getting pages from the kernel again takes longer than filling them.
 */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
	mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	keep_memory();
	if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
		print_help();
		return 0;
	}
	if (!strcmp(name, "--version")) {
		puts("reel " PACKAGE_VERSION);
		return 0;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(commands[i]->name, name))
			return run_command(commands[i], argc - 1, argv + 1);
	}
	fprintf(stderr, "reel: %s%s (see reel --help)\n",
		*name ? "no such command: " : "no command given", name);
	return EXIT_USAGE;
}
