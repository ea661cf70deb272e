# SPDX-License-Identifier: MIT
import hashlib

from check import *


def seen():
    """All that a checkpoint keeps, as far as this program shows it."""
    return ([value(name) for name in (
        "nameless[0]", "nameless[1]", "nameless[2]", "named[0]", "named[25]",
        "own", "by_thread", "(long)$pc", "(long)$rsp")],
        do("output floating"), event(), do("monitor processes"),
        hashlib.sha256(do("info registers all").encode()).hexdigest())


def rounds():
    """The state at each round, with a checkpoint; the first one's number."""
    states = []
    break_at("change")
    first = 0
    for _ in range(6):
        do("continue")
        at("change")
        number = re.match(r"checkpoint (\d+)", do("monitor checkpoint"))
        first = first or int(number.group(1))
        states.append(seen())
    do("delete")
    to("end")
    states.append(seen())
    return first, states


def restart(number):
    do("monitor restart %d" % number)
    do("maintenance flush register-cache")


def delete(first):
    for number in range(first, first + 6):
        do("monitor delete checkpoint %d" % number)


@scenario
def restart_brings_everything_back():
    first, states = rounds()
    for round in (0, 5, 2, 3, 1, 4, 4, 0):
        restart(first + round)
        is_(seen(), states[round])
    delete(first)


@scenario
def what_follows_a_restart_is_the_same():
    first, states = rounds()
    for round in (3, 0):
        restart(first + round)
        do("stepi")
        break_at("change")
        for later in range(round + 1, 6):
            do("continue")
            is_(seen(), states[later])
        do("delete")
        to("end")
        is_(seen(), states[6])
    delete(first)


@scenario
def going_back_meets_checkpoints_on_the_way():
    do("monitor checkpoint every 1")
    first, states = rounds()
    break_at("change")
    for round in reversed(range(6)):
        do("reverse-continue")
        is_(seen(), states[round])
    do("delete")
    has(do("monitor info checkpoints"), r"7 checkpoints; \d+ more")
    delete(first)


@scenario
def checkpoints_are_deleted():
    to("fork")
    number = re.match(r"checkpoint (\d+)", do("monitor checkpoint")).group(1)
    has(do("monitor info checkpoints"), r"(?m)^%s  behind event" % number)
    do("monitor delete checkpoint " + number)
    has(do("monitor restart " + number), "there is no checkpoint")
    has(do("monitor delete checkpoint 99"), "there is no checkpoint")
    at("fork")


run()
