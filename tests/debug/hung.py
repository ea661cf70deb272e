# SPDX-License-Identifier: MIT
from check import *


@scenario
def where_it_hung_is_seen():
    do("handle SIGALRM stop print")
    has(do("continue"), "SIGALRM")
    is_(function(), "hang")
    assert value("turns") >= 1
    has(do("bt"), r"#1 .* in main")


@scenario
def steps_back_go_through_the_loop():
    do("handle SIGALRM stop print")
    do("continue")
    for _ in range(5):
        do("reverse-stepi")
        # a loop that changes nothing is left after a pass: all are one
        assert function() in ("hang", "main"), function()
    do("break main")
    do("reverse-continue")
    is_(function(), "main")
    is_(value("turns"), 1)


run()
