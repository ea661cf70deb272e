# SPDX-License-Identifier: MIT
"""System calls that reel has replaced by jumps look, and stop, as they were."""
from check import *


def later():
    """In a pass where all are jumps, at its beginning."""
    to("loop")
    do("break %d if i == 8" % mark("next"))
    do("continue")
    do("delete")
    is_(value("i"), 8)


def place():
    return re.search(r"<(\w+?)(\+\d+)?>", do("x/i $pc")).group(1)


def instructions(name, count):
    return re.findall(r":\t(\w+)", do("x/%di %s" % (count, name)))


@scenario
def instructions_are_the_programs():
    later()
    is_(instructions("before_call", 4), ["mov", "syscall", "add", "ret"])
    is_(instructions("behind_call", 5),
        ["mov", "syscall", "mov", "lea", "ret"])
    is_(instructions("hop_call", 3), ["mov", "syscall", "inc"])
    found = do("find /b before_call, +16, 0xb8, 0x27, 0, 0, 0, 0x0f, 0x05")
    has(found, "before_call")


@scenario
def breakpoints_at_every_instruction():
    later()
    names = ["before_call", "before_itself", "before_end", "behind_call",
             "behind_itself", "behind_second", "behind_third", "behind_end",
             "hop_call", "hop_itself", "hop_loop"]
    for name in names:
        do("break *&%s" % name)
    met = []
    for _ in range(2):
        for name in names + ["hop_loop"] * 2:
            do("continue")
            met.append((place(), name))
    is_([one for one, _ in met], [name for _, name in met])
    is_([b.hit_count for b in gdb.breakpoints()], [2] * 10 + [6])
    for _, name in met[-2::-1]:
        do("reverse-continue")
        is_(place(), name)


@scenario
def each_alone():
    for name in ("before_itself", "behind_second", "behind_third"):
        later()
        do("break *&" + name)
        do("continue")
        is_((place(), value("$pc")), (name, value("(long)&" + name)))
        is_(gdb.newest_frame().older().name(), "main")
        do("continue")
        is_(place(), name)
        is_(gdb.newest_frame().pc(), value("(long)&" + name))
        do("reverse-continue")
        is_(place(), name)
        is_(gdb.breakpoints()[-1].hit_count, 3)
        do("stepi")
        do("reverse-stepi")
        is_(place(), name)
        do("delete")
        do("monitor restart 1")
        do("maintenance flush register-cache")


@scenario
def steps_are_of_the_program():
    later()
    do("break before_call")
    do("continue")
    do("delete")
    pcs = []
    while function() != "main":
        pcs.append(value("$pc") - value("(long)&before_call"))
        do("stepi")
    is_(pcs, [0, 5, 7, 11])
    there = value("$pc")
    for offset in pcs[::-1]:
        do("reverse-stepi")
        is_(value("$pc") - value("(long)&before_call"), offset)
    do("break behind_call")
    do("continue")
    do("delete")
    pcs = []
    while function() != "main":
        pcs.append(value("$pc") - value("(long)&behind_call"))
        do("stepi")
    is_(pcs, [0, 3, 5, 7, 11])
    for offset in pcs[::-1]:
        do("reverse-stepi")
        is_(value("$pc") - value("(long)&behind_call"), offset)
    do("break hop_call")
    do("continue")
    do("delete")
    pcs = []
    while function() != "main":
        pcs.append(value("$pc") - value("(long)&hop_call"))
        do("stepi")
    is_(pcs, [0, 3] + [5, 8, 11] * 3 + [13])
    for offset in pcs[::-1]:
        do("reverse-stepi")
        is_(value("$pc") - value("(long)&hop_call"), offset)


@scenario
def in_a_copy():
    later()
    do("break *&before_itself")
    do("break *&behind_third")
    try:
        do("print ((long (*)(void))before_call)()")
    except gdb.error as error:
        has(str(error), "stopped")
    is_(place(), "before_itself")
    do("continue")
    do("monitor discard")
    do("maintenance flush register-cache")
    try:
        do("print ((long (*)(long))behind_call)(39)")
    except gdb.error as error:
        has(str(error), "stopped")
    is_(place(), "behind_third")
    is_(value("$edx"), value("$eax"))


run()
