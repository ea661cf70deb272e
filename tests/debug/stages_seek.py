# SPDX-License-Identifier: MIT
"""From one program to another, without an exec on the way."""
from check import *


def program():
    return os.path.basename(gdb.current_progspace().filename)


def to_stage(number):
    do("break main")
    for _ in range(number):
        do("continue")
    at("stage 0") if number == 1 else None
    is_("stage%d" % (number - 1) in program(), number > 1)


@scenario
def seek_takes_the_programs_symbols():
    to_stage(3)
    do("reel seek begin")
    is_(program(), "stages")
    is_(len(gdb.breakpoints()), 1)
    do("continue")
    at("stage 0")
    is_(value("argc"), 4)
    do("continue")
    has(program(), "stage1")


@scenario
def restart_takes_them_too():
    to_stage(2)
    do("reel checkpoint")
    there = event()
    do("continue")
    has(program(), "stage2")
    do("reel restart 2")
    has(program(), "stage1")
    is_(event(), there)
    is_(value("argc"), 4)
    do("continue")
    has(program(), "stage2")


@scenario
def so_does_continue_behind_a_monitor_command():
    to_stage(3)
    do("monitor seek 2")
    do("continue")
    is_(program(), "stages")
    at("stage 0")
    do("continue")
    has(program(), "stage1")
    do("reverse-continue")
    is_(program(), "stages")


@scenario
def commands_of_gdbs_are_told_apart():
    to_stage(1)
    for command in ("run", "start", "checkpoint", "restart 1", "record"):
        try:
            do(command)
        except gdb.error as error:
            has(str(error), "This is a recording: `|backwards as it is")
        else:
            raise AssertionError(command + " is done")
    has(do("monitor seek"), "wants the number of an event")
    has(do("monitor"), "bt-at EVENT")
    has(do("signal SIGUSR1"), "gets no other signals")


run()
