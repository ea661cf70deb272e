# SPDX-License-Identifier: MIT
from check import *


def here():
    return (gdb.selected_thread().ptid[1], value("me"), value("round"),
            value("milestones"), event())


@scenario
def milestones_are_met_forwards_and_backwards():
    do("break milestone")
    seen = []
    for _ in range(6):
        do("continue")
        at("milestone")
        seen.append(here())
    is_([one[3] for one in seen], list(range(6)))
    for expected in reversed(seen[:-1]):
        do("reverse-continue")
        is_(here(), expected)


@scenario
def milestones_are_watched():
    to("milestone")
    do("watch milestones")
    for expected in range(1, 7):
        do("continue")
        is_(value("milestones"), expected)


@scenario
def steps_from_a_milestone_and_back():
    do("break milestone")
    do("continue")
    do("continue")
    do("delete")
    pcs = []
    for _ in range(20):
        pcs.append(value("(long)$pc"))
        do("stepi")
    for pc in reversed(pcs):
        do("reverse-stepi")
        is_(value("(long)$pc"), pc)


run()
