# SPDX-License-Identifier: MIT
"""calls.c without symbols; they are in a debug file, by its build-id."""
from check import *


@scenario
def a_debug_file_is_found_by_build_id():
    do("break add")
    do("continue")
    at("add")
    is_(value("amount"), 0)
    has(do("backtrace"), r"#1 .* main \(\)")


@scenario
def its_variables_are_read_backwards():
    to("report")
    is_(value("total"), 10)
    do("break add")
    do("reverse-continue")
    is_(value("total"), 6)


run()
