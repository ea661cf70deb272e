# SPDX-License-Identifier: MIT
from check import *


@scenario
def begins_in_the_chosen_program():
    has(do("info inferiors"), "memfd:stage2")
    to("stage 2")
    is_(value("stage"), 2)
    has(do("reverse-continue"), "No more reverse-execution history")
    has(do("info inferiors"), "memfd:stage2")


run()
