# SPDX-License-Identifier: MIT
from check import *

TRAP = 0x100


def stepi_to(name):
    for _ in range(100):
        if line() == mark(name):
            return
        do("stepi")
    raise AssertionError("not at " + name)


@scenario
def a_stepped_call_copies_the_programs_flags():
    to("call")
    stepi_to("push")
    is_(value("by_call") & TRAP, 0)


@scenario
def a_stepped_pushf_copies_the_programs_flags():
    to("push")
    stepi_to("restore")
    is_(value("by_push") & TRAP, 0)


@scenario
def a_stepped_popf_restores_the_programs_flags():
    to("restore")
    stepi_to("end")
    is_(value("$eflags") & TRAP, 0)
    has(do("continue"), "No more reverse-execution history|exited")


@scenario
def going_back_over_them_copies_the_same():
    to("end")
    do("reverse-stepi 30")
    do("stepi 30")
    at("end")
    is_((value("by_call") | value("by_push")) & TRAP, 0)


run()
