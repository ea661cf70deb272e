# SPDX-License-Identifier: MIT
from check import *


@scenario
def the_parent_goes_on():
    do("set follow-fork-mode parent")
    to("wait")
    is_(value("role"), 1)
    to("end")
    is_(value("sum"), 5)


@scenario
def the_parent_backwards_over_forks():
    to("end")
    do("break %d" % mark("vfork"))
    do("reverse-continue")
    at("vfork")
    is_(value("sum"), 2)
    do("break %d" % mark("fork"))
    do("reverse-continue")
    at("fork")
    is_(value("sum"), 0)


@scenario
def next_goes_over_fork():
    to("fork")
    do("next")
    assert value("pid") > 0
    do("reverse-next")
    at("fork")
    to("vfork")
    do("next")
    assert value("pid") > 0


@scenario
def catch_fork_stops():
    do("catch fork")
    has(do("continue"), r"forked process \d+")


@scenario
def catch_vfork_stops():
    do("catch vfork")
    has(do("continue"), r"vforked process \d+")
    do("delete")
    to("end")


@scenario
def catch_syscall_shows_the_return_of_vfork():
    do("catch syscall vfork")
    has(do("continue"), "call to syscall vfork")
    has(do("continue"), "returned from syscall vfork")
    has(do("bt"), "main")
    has(do("reverse-continue"), "call to syscall vfork")
    do("delete")
    to("end")
    is_(value("sum"), 5)


@scenario
def catch_syscall_and_catch_vfork():
    do("catch syscall vfork")
    do("catch vfork")
    has(do("continue"), "call to syscall vfork")
    has(do("continue"), r"vforked process \d+")
    has(do("continue"), "returned from syscall vfork")
    do("delete")
    to("end")


run()
