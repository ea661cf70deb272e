# SPDX-License-Identifier: MIT
import threading
import time

from check import *


# What gdb says of its packets comes there.
os.dup2(screen.file.fileno(), 2)

passes = int(os.environ["PASSES"])
long = os.environ["REEL_DEBUG_LONG"]


def registers():
    return do("info registers"), do("x/8gx $rsp - 64"), value("sum")


def back_and_forth(steps):
    """Steps back, and forwards again over the same states."""
    seen = [registers()]
    for _ in range(steps):
        do("reverse-stepi")
        seen.append(registers())
    assert len(set(seen)) == len(seen), "a step back went nowhere"
    for expected in reversed(seen[:-1]):
        do("stepi")
        is_(registers(), expected)


@scenario
def steps_back_into_a_loop_of_many_passes():
    to("between")
    for _ in range(12):
        do("reverse-stepi")
    is_(function(), "before")
    is_(value("i"), passes - 1)
    back_and_forth(8)


@scenario
def steps_back_into_a_loop_of_registers():
    to("end")
    for _ in range(8):
        do("reverse-stepi")
    is_(function(), "within")
    back_and_forth(6)


@scenario
def the_last_change_of_memory_is_found():
    to("end")
    do("watch seldom")
    expected = passes - 1
    while expected > passes - 2 * 1000000:
        do("reverse-continue")
        at("seldom")
        is_(value("i"), expected)
        is_(value("seldom"), expected - 1000000)
        expected -= 1000000


# Each of the last writes is a stop.
if long:
    @scenario
    def memory_that_each_pass_changes_is_watched_backwards():
        to("between")
        do("watch sum")
        for number in range(1, 4):
            do("reverse-continue")
            at("pass")
            is_(value("i"), passes - number)


@scenario
def a_breakpoint_of_many_arrivals_is_met_backwards():
    to("between")
    break_at("pass")
    for number in range(1, 4 if long else 2):
        do("reverse-continue")
        at("pass")
        is_(value("i"), passes - number)


@scenario
def what_was_met_backwards_is_met_forwards():
    to("end")
    do("watch seldom")
    do("reverse-continue")
    is_(value("i"), passes - 1)
    do("reverse-continue")
    is_(value("i"), passes - 1000001)
    do("continue")
    do("continue")
    is_(value("seldom"), passes - 1)
    do("delete")
    to("end")


@scenario
def a_step_through_a_loop_on_one_line_is_interrupted():
    to("between")
    do("step")
    do("next")
    before = line()
    start = screen.seen

    def interrupt():
        while b"vCont;r" not in os.pread(screen.file.fileno(), 1 << 20,
                                         start):
            time.sleep(0.02)
        os.kill(os.getpid(), 2)

    do("set debug remote on")
    threading.Thread(target=interrupt).start()
    try:
        gdb.execute("next")
    except (gdb.error, KeyboardInterrupt):
        pass
    finally:
        do("set debug remote off")
    is_(function(), "within")
    is_(line(), before)


run()
