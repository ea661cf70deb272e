# SPDX-License-Identifier: MIT
from check import *


@scenario
def a_breakpoint_where_the_replay_looks_for_a_state():
    """Nothing there can be replaced: the replay uses a debug register."""
    do("handle SIGALRM stop print")
    break_at("self")
    has(do("continue"), "Breakpoint")
    at("self")
    before = event()
    has(do("continue"), "SIGALRM")
    at("self")
    assert event() > before
    has(do("reverse-continue"), "Breakpoint")
    at("self")
    is_(event(), before)


run()
