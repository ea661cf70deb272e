# SPDX-License-Identifier: MIT
from check import *


@scenario
def watches_a_seldom_change():
    to("go")
    do("watch seldom")
    for expected in (1, 2, 3):
        do("continue")
        is_(value("seldom"), expected)
    for expected in (2, 1, 0):
        do("reverse-continue")
        is_(value("seldom"), expected)
        at("seldom")


@scenario
def back_to_before_the_loop():
    to("ok")
    is_(value("seldom"), 3)
    do("break %d" % mark("go"))
    do("reverse-continue")
    at("go")


run()
