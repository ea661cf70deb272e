# SPDX-License-Identifier: MIT
from check import *


@scenario
def both_processes_are_kept():
    do("set detach-on-fork off")
    do("set schedule-multiple on")
    do("catch fork")
    do("continue")
    to("child")
    is_(len(gdb.inferiors()), 2)
    is_(value("role"), 1)
    has(do("info inferiors"), r"\* 2 ")


run()
