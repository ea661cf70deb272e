/* SPDX-License-Identifier: MIT */
/*
 * The agent's way in and out (src/agent_layout.h).  It comes from a trampoline
 * with the address behind the syscall instruction in rcx, and in r11 where to
 * go on; all else is the program's, whose stack is not touched.
 */
#define __ASSEMBLER__ 1
#include "src/agent_layout.h"

/* struct agent_frame of agent_inside.h, at the top of the agent's stack */
#define FRAME_FLAGS 56
/* Of RFLAGS: what sahf sets, and bits 1 and 9, which are always set. */
#define FLAGS_OF_SAHF 0xd5
#define FLAGS_ALWAYS 0x202
#define DIRECTION 0x400
#define FRAME_KEPT 80 /* what the agent's functions keep for their callers */

	.section .text.entry, "ax"
	.globl agent_start
agent_start:
	syscall			/* the program's calls: let through */
	ret
	.org 4
own_call:
	syscall			/* ours: let through, too */
	ret
	.org 8			/* AGENT_STOP */
	int3
	jmp	go_on
	.org 12			/* AGENT_FAULT */
	jmp	faulted
	.org 16			/* AGENT_ENTRY_SLOT */
	.quad	entry
go_on:
	jmp	*AGENT_SAVED_CONTINUATION
faulted:			/* in the middle of them */
	movl	AGENT_STACK, %esp
	leaq	-AGENT_FRAME_LENGTH(%rsp), %rsp
	movq	FRAME_KEPT + 0(%rsp), %r15
	movq	FRAME_KEPT + 8(%rsp), %r14
	movq	FRAME_KEPT + 16(%rsp), %r13
	movq	FRAME_KEPT + 24(%rsp), %r12
	movq	FRAME_KEPT + 32(%rsp), %rbp
	movq	FRAME_KEPT + 40(%rsp), %rbx
	jmp	traced
	.org 128		/* AGENT_INSTRUCTION_SLOT */
	.irp register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, \
		rax, rcx, rdx, rsi, rdi
	.quad	by_\register
	.endr
	.org 248		/* AGENT_SET_UP */
	jmp	set_up

	.macro restore
	popq	%r9
	popq	%r8
	popq	%r10
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rax
	.endm

entry:
	movq	%rsp, AGENT_SAVED_STACK
	movq	%r11, AGENT_SAVED_CONTINUATION
	movl	AGENT_STACK, %esp
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%r11
	pushq	%rcx
	pushfq
	pushq	%rax
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%r10
	pushq	%r8
	pushq	%r9
	testl	$DIRECTION, FRAME_FLAGS(%rsp)
	jnz	forward		/* cld takes longer than to look */
called:
	movq	%rsp, %rdi
	call	agent_call
	testl	%eax, %eax
	jz	traced
	cmpl	$0, AGENT_IS_STOP_WANTED
	jne	stop
	movq	FRAME_FLAGS(%rsp), %r11	/* as the instruction leaves them */
	testl	$~(FLAGS_OF_SAHF | FLAGS_ALWAYS), %r11d
	jnz	other_flags
	movl	%r11d, %eax	/* popfq takes 10 ns */
	shll	$8, %eax
	addb	$0, %al		/* no overflow, which sahf leaves alone */
	sahf
	restore
	movq	8(%rsp), %rcx
	movq	AGENT_SAVED_STACK, %rsp
	jmp	*AGENT_SAVED_CONTINUATION

forward:
	cld
	jmp	called

other_flags:
	restore
	popfq
	popq	%rcx
	movq	AGENT_SAVED_STACK, %rsp
	jmp	*AGENT_SAVED_CONTINUATION

stop:
	restore
	movq	(%rsp), %r11
	popfq
	popq	%rcx
	movq	AGENT_SAVED_STACK, %rsp
	jmp	agent_start + 8

traced:
	restore
	popfq
	movq	AGENT_SAVED_CONTINUATION, %r11
	leaq	-2(%r11), %r11
	movq	AGENT_SAVED_STACK, %rsp
	jmp	*%r11

/* ---- instructions: a register says where struct agent_instruction is ---- */

	.irp register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, \
		rax, rcx, rdx, rsi, rdi
by_\register:
	movq	%\register, AGENT_SAVED_DATA
	jmp	instruction
	.endr

	.macro restore_all
	.irp register, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, \
		rax, rcx, rdx, rsi, rdi
	popq	%\register
	.endr
	leaq	24(%rsp), %rsp
	popfq
	movq	AGENT_SAVED_STACK, %rsp
	.endm

/* The general registers and the flags as in struct user_regs_struct. */
instruction:
	movq	%rsp, AGENT_SAVED_STACK
	movl	AGENT_STACK, %esp
	leaq	-8(%rsp), %rsp
	pushfq
	leaq	-24(%rsp), %rsp
	.irp register, rdi, rsi, rdx, rcx, rax, r8, r9, r10, r11, rbx, rbp, \
		r12, r13, r14, r15
	pushq	%\register
	.endr
	cld
	movq	%rsp, %rdi
	call	agent_instruction
	testl	%eax, %eax
	jz	trapped
	cmpl	$0, AGENT_IS_STOP_WANTED
	jne	stop_behind
trapped:
	restore_all
	jmp	*AGENT_SAVED_CONTINUATION
stop_behind:
	restore_all
	jmp	agent_start + 8

/* int64_t agent_syscall(number, one, two, three, four, five, six) */
	.globl agent_syscall
agent_syscall:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	jmp	own_call

/*
 * After an exec, in one go: the private data (rbx: where), and the memory that
 * is shared (r12: its descriptor, r13: where).  Nothing of the program has run,
 * and nothing can be written to: each call goes on at the next address here.
 */
set_up_steps:
	.quad	map_private, make_shared, map_shared, close_shared

set_up:
	leaq	set_up_steps(%rip), %rsp
	ret
map_private:
	movl	$9, %eax	/* mmap */
	movl	$AGENT_PRIVATE, %edi
	movl	$AGENT_PRIVATE_LENGTH, %esi
	movl	$3, %edx	/* PROT_READ | PROT_WRITE */
	movl	$0x32, %r10d	/* MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED */
	movq	$-1, %r8
	xorl	%r9d, %r9d
	jmp	own_call
make_shared:
	movq	%rax, %rbx
	movl	$319, %eax	/* memfd_create */
	leaq	shared_name(%rip), %rdi
	movl	$1, %esi	/* MFD_CLOEXEC */
	jmp	own_call
map_shared:
	movq	%rax, %r12
	movl	$9, %eax
	movl	$AGENT_SHARED, %edi
	movl	$AGENT_SHARED_LENGTH, %esi
	movl	$3, %edx
	movl	$0x11, %r10d	/* MAP_SHARED | MAP_FIXED */
	movq	%r12, %r8
	xorl	%r9d, %r9d
	jmp	own_call
close_shared:
	movq	%rax, %r13
	movl	$3, %eax	/* close */
	movq	%r12, %rdi
	syscall			/* stops: reel looks at it, and lets it go on */
	int3
shared_name:
	.asciz	"reel"
	.org 0x400		/* ENTRY_CODE_END, at most */

	.section .note.GNU-stack, "", @progbits
