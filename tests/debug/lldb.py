#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scenarios of lldb, in batch mode, on the recordings of tests/debug/run.

    lldb.py REEL SOURCES

A session is one lldb on one trace; its scenarios go on where the last one was.
Each is a list of commands, and what must be in the answer: a pattern, or none.
One more line for each is printed, as check.py does it.
"""
import os
import re
import socket
import subprocess
import sys
import time

reel, sources = sys.argv[1:3]

SETTINGS = ["settings set use-color false",
            "settings set stop-line-count-before 0",
            "settings set stop-line-count-after 1",
            "settings set symbols.enable-external-lookup false"]
MONITOR = "process plugin packet monitor "


def mark(name, source):
    with open(os.path.join(sources, source)) as file:
        for number, text in enumerate(file, 1):
            if "/* MARK %s */" % name in text:
                return number
    raise KeyError(name)


def at(name, source):
    return r"%s:%d" % (re.escape(source), mark(name, source))


CALLS = [
    ("begins_at_the_first_instruction", [
        ("register read rip", r"rip = 0x0*[1-9a-f]"),
        ("process status", r"stop reason = trace"),
        ("target list", r"x86_64.*linux"),
    ]),
    ("breaks_by_name", [
        ("breakpoint set -n add", r"add \+ \d+ at calls.c"),
        ("continue", r"add\(amount=0\) at " + at("add", "calls.c")),
    ]),
    ("has_frames_and_variables", [
        ("thread backtrace",
         r"frame #1: .*`main at " + at("call add", "calls.c")),
        ("frame variable", r"\(int\) amount = 0"),
        ("target variable account", r"id = 7, balance = 100|balance = 100"),
    ]),
    ("evaluates_expressions", [
        ("expression -- total", r"= 0"),
        ("expression -- account.balance * 2 + amount", r"\(long\) .* = 200"),
        ("expression -- history[2]", r"= 0"),
    ]),
    ("reads_memory_and_mappings", [
        ("memory read --format d --size 8 --count 1 &account.balance",
         r"100"),
        ("memory region $sp", r"rw- \[stack\]"),
        ("memory region $pc", r"r-x .*calls"),
    ]),
    ("reads_registers", [
        ("register read rdi", r"rdi = 0x0000000000000000"),
        ("register read ymm0", r"ymm0 = \{"),
        ("register read st0", r"st0 = "),
    ]),
    ("steps_over_into_and_out", [
        ("thread step-over", r"stop reason = step over"),
        ("thread step-inst", r"stop reason = instruction step"),
        ("thread step-out", r"Return value: \(int\) \S+ = 0"),
    ]),
    ("conditions_are_met", [
        ("breakpoint delete -f", None),
        ("breakpoint set -n add -c 'amount == 3'", r"Breakpoint"),
        ("continue", r"add\(amount=3\)"),
        ("expression -- total", r"= 3"),
        ("breakpoint delete -f", None),
    ]),
    ("watches_a_variable", [
        ("watchpoint set variable total", r"Watchpoint 1"),
        ("continue", r"old value: 3\s+new value: 6"),
        ("continue", r"old value: 6\s+new value: 10"),
        ("watchpoint delete -f", None),
    ]),
    ("goes_backwards", [
        ("breakpoint set -n add", r"Breakpoint"),
        (MONITOR + "reverse", r"backwards"),
        ("continue", r"add\(amount=4\)"),
        ("continue", r"add\(amount=3\)"),
        ("continue", r"add\(amount=2\)"),
        (MONITOR + "forward", r"forwards"),
        ("continue", r"add\(amount=3\)"),
        ("breakpoint delete -f", None),
    ]),
    ("goes_to_an_event", [
        (MONITOR + "when", r"event \d+"),
        (MONITOR + "seek 2", r"event 2"),
        ("thread step-inst", r"_start|stop reason"),
        (MONITOR + "when", r"event 2$"),
    ]),
    ("goes_to_a_function", [
        ("memory region 0x1000", r"\[0x0000000000000000-"),
        ("breakpoint set -n report", r"Breakpoint"),
        ("continue", r"report\(name=\"total\", value=10\)"),
    ]),
]

FUNCTIONS = [
    ("writes_memory_and_registers", [
        ("breakpoint set -f functions.c -l %d" % mark("turn", "functions.c"),
         r"Breakpoint"),
        ("continue", at("turn", "functions.c")),
        ("memory write -s 4 &number 77", None),
        ("expression -- number", r"= 119"),
        ("expression number = 5", r"= 5"),
        ("expression -- number * 2", r"= 10"),
        ("register write rbx 7", None),
        ("register read rbx", r"rbx = 0x0*7$"),
    ]),
    ("calls_functions", [
        ("expression -- (int)twice(21)", r"(?s)in a copy.*= 42"),
        ("expression -- number", r"= 26"),
        ("expression -- (int)twice(4) + (int)twice(5)", r"= 18"),
        ("expression -- (int)sum_on_heap(10)", r"= 2016"),
    ]),
    ("what_was_written_is_gone_later", [
        ("breakpoint delete -f", None),
        ("thread step-over", r"(?s)what was written is gone.*step over"),
        ("expression -- number", r"= 3"),
        (MONITOR + "when", r"event \d+"),
    ]),
]

THREADS = [
    ("lists_threads", [
        ("breakpoint set -n count", r"Breakpoint"),
        ("continue", r"count\(me=\d\)"),
        ("thread list", r"(?s)thread #1: .*name = 'threads'.*thread #2: .*"
         r"thread #4: "),
    ]),
    ("each_thread_has_frames", [
        ("thread backtrace all", r"(?s)`main at .*`work\(argument="),
    ]),
    ("selects_a_thread", [
        ("thread select 1", r"\* thread #1"),
        ("thread backtrace", r"`main at threads.c"),
    ]),
    ("thread_local_steps", [
        ("continue", r"count\(me=\d\)"),
        ("thread step-over", r"stop reason = step over"),
    ]),
]

SIGNALS = [
    ("passes_signals", [
        ("process handle -s false -n false SIGUSR1", r"SIGUSR1"),
        ("breakpoint set -n on_user", r"Breakpoint"),
        ("continue", r"on_user\(number=10\)"),
        ("thread backtrace", r"`main at signals.c"),
    ]),
    ("stops_for_a_fault", [
        ("continue", r"stop reason = signal SIGSEGV"),
    ]),
]

STAGES = [
    ("a_memfd_program_has_symbols", [
        ("image list", r"memfd:stage2 \(deleted\)"),
        ("breakpoint set -n main", r"stage2 \(deleted\)`main"),
        ("continue", r"main\(argc=4"),
        ("target variable stage", r"stage = 2"),
    ]),
    ("a_memfd_library_resolves_pending_breakpoints", [
        ("breakpoint set -n twice", r"pending"),
        ("continue", r"twice\(number=40\) at library.c"),
        ("thread backtrace", r"frame #1: .*stage2 \(deleted\)`main"),
        ("thread step-out", r"Return value: \(int\) \S+ = 80"),
    ]),
    ("source_of_a_memfd_program", [
        ("source list -n main", r"load\(argv\[3\], \"library\"\)"),
    ]),
]

EXECS = [
    ("stops_at_an_exec", [
        ("breakpoint set -n main", r"stages`main"),
        ("breakpoint set -n twice", r"pending"),
        ("continue", at("stage 0", "stage0.c")),
        ("continue", r"stop reason = exec"),
        (MONITOR + "processes", r"memfd:stage1"),
        ("image list", r"memfd:stage1 \(deleted\)\s+$(?s:.*)\[vdso\]"
         r"(?s:.*)ld-linux"),
    ]),
    ("has_symbols_behind_it", [
        ("continue", r"memfd:stage1 \(deleted\)`main\(argc=4"),
        ("frame variable argc", r"argc = 4"),
        ("thread backtrace", r"(?s)frame #1: .*libc.so.6`.*`_start"),
        ("continue", r"stop reason = exec"),
        ("continue", r"memfd:stage2 \(deleted\)`main\(argc=4"),
        ("continue", r"memfd:library \(deleted\)`twice\(number=40\)"),
    ]),
    ("and_those_before_it_on_the_way_back", [
        (MONITOR + "reverse", r"backwards"),
        ("continue", r"memfd:stage2 \(deleted\)`main\(argc=4"),
        ("continue", r"stop reason = exec"),
        ("thread backtrace", r"memfd:stage1 \(deleted\)`main"),
        ("continue", r"memfd:stage1 \(deleted\)`main\(argc=4"),
        ("continue", r"stop reason = exec"),
        ("continue", at("stage 0", "stage0.c")),
        ("frame variable argc", r"argc = 4"),
    ]),
    ("and_of_where_it_is_sent", [
        (MONITOR + "forward", r"forwards"),
        ("continue", r"stop reason = exec"),
        ("continue", r"memfd:stage1 \(deleted\)`main\(argc=4"),
        (MONITOR + "seek begin", r"event \d+"),
        ("thread step-inst", r"stop reason = exec"),
        ("continue", at("stage 0", "stage0.c")),
        ("frame variable argc", r"argc = 4"),
    ]),
]

FORKS = [
    ("stays_with_the_parent", [
        ("breakpoint set -f forks.c -l %d" % mark("wait again", "forks.c"),
         r"Breakpoint"),
        ("continue", at("wait again", "forks.c")),
        ("frame variable sum", r"sum = 2"),
    ]),
]

OVER_TCP = [
    ("connects_over_tcp", [
        ("register read rip", r"rip = 0x"),
        ("memory read --size 8 --format x --count 2 $sp", r"0x0*1\b"),
    ]),
]


def find_lldb():
    for directory in os.environ["PATH"].split(":"):
        for name in ("lldb", "lldb-14"):
            path = os.path.join(directory, name)
            if os.access(path, os.X_OK):
                return path
    return None


def commands_of(scenarios):
    return [command for _, steps in scenarios for command, _ in steps]


def as_arguments(commands):
    return [word for command in commands for word in ("-o", command)]


def answers_of(text, commands):
    """The text behind each command's echo, in order."""
    answers = []
    place = 0
    for command in commands:
        echo = "(lldb) %s\n" % command
        start = text.find(echo, place)
        if start < 0:
            break
        place = start + len(echo)
        end = text.find("\n(lldb) ", place)
        answers.append(text[place:end if end >= 0 else None])
    return answers


def judge(name, scenarios, text):
    answers = answers_of(text, commands_of(scenarios))
    for scenario, steps in scenarios:
        problem = ""
        for command, pattern in steps:
            if not answers:
                problem = problem or "%s: not reached" % command
                continue
            answer = answers.pop(0)
            if pattern and not re.search(pattern, answer, re.M):
                problem = problem or "%s: no %s in:\n%s" % (command, pattern,
                                                            answer)
        print("%sok - %s: %s" % ("not " if problem else "", name, scenario))
        if problem:
            print("# " + problem.replace("\n", "\n# "))


def start(arguments):
    run = subprocess.run(arguments, stdin=subprocess.DEVNULL, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         errors="replace", timeout=240)
    return run.stdout


def session(name, trace, scenarios, *options):
    first = [*SETTINGS, "settings set target.source-map . " + sources]
    judge(name, scenarios, start(
        [reel, "debug", "--lldb", *options, trace, "--", "--no-lldbinit",
         "-b", *as_arguments(first + commands_of(scenarios))]))


def tcp_session():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([reel, "debug", "--server=tcp:127.0.0.1:%d" %
                               port, "calls.trace"])
    while server.poll() is None:
        with open("/proc/net/tcp") as file:
            if re.search(r"0100007F:%04X \S+ 0A" % port, file.read()):
                break
        time.sleep(0.01)
    judge("tcp", OVER_TCP, start(
        [find_lldb(), "--no-lldbinit", "-b", *as_arguments(
            SETTINGS + ["gdb-remote 127.0.0.1:%d" % port] +
            commands_of(OVER_TCP))]))
    server.wait(60)


session("calls", "calls.trace", CALLS)
session("stages", "stages.trace", STAGES, "--process=stage2")
session("execs", "stages.trace", EXECS)
session("threads", "threads.trace", THREADS)
session("functions", "functions.trace", FUNCTIONS)
if os.environ.get("REEL_DEBUG_LONG"):
    session("signals", "signals.trace", SIGNALS)
    session("forks", "forks.trace", FORKS)
    tcp_session()
print("END")
