# SPDX-License-Identifier: MIT
"""gdb's own commands for reel, in the gdb of calls.py."""
from check import *


def fails(command):
    try:
        do(command)
    except gdb.error as error:
        return str(error)
    raise AssertionError("%s did not fail" % command)


@scenario
def help_lists_the_commands():
    text = do("help reel")
    for name in ("when", "event", "events", "seek", "processes", "snapshots",
                 "bt-at", "checkpoint", "restart", "elapsed", "discard"):
        has(text, "reel %s --" % name)


@scenario
def reel_alone_says_where():
    to("add")
    is_(do("reel"), do("monitor when") + "\n" * (
        not do("monitor when").endswith("\n")))
    has(do("reel when"), r"event %d" % event())


@scenario
def seek_goes_to_an_event_and_shows_it():
    to("report")
    later = event()
    text = do("reel seek %d" % (later - 5))
    is_(event(), later - 5)
    has(text, r"#0 ")
    do("reel seek %d" % later)
    is_(event(), later)


@scenario
def seek_goes_by_so_many():
    to("report")
    later = event()
    do("reel seek -3")
    is_(event(), later - 3)
    do("reel seek +2")
    is_(event(), later - 1)


@scenario
def wrong_places_are_refused():
    before = do("reel when")
    has(fails("reel seek 99999999"), "an event from")
    has(fails("reel seek here"), "no number")
    has(fails("reel seek"), "wants")
    has(fails("reel restart 99"), "no checkpoint")
    has(fails("reel when now"), "takes no argument")
    has(fails("reel nothing"), "help reel")
    is_(do("reel when"), before)


@scenario
def names_and_events_are_completed():
    has(do("complete reel sn"), "reel snapshots")
    to("report")
    here = event()
    digits = str(here)[:-1]
    has(do("complete reel seek " + digits), r"(?m)^reel seek %d$" % here)
    has(do("complete reel bt-at " + digits), r"(?m)^reel bt-at %d$" % here)


@scenario
def events_show_what_is_next():
    to("write")
    has(do("reel events"), r"(?m)^> +%d " % (event() + 1))
    is_(do("reel events"), do("reel dump"))
    has(do("reel event"), r"%d" % (event() + 1))


@scenario
def checkpoints_are_returned_to():
    to("withdraw")
    place = do("reel when")
    number = re.search(r"checkpoint (\d+)", do("reel checkpoint")).group(1)
    to("deposit")
    do("reel restart " + number)
    at("withdraw")
    is_(do("reel when"), place)
    has(do("reel checkpoints"), r"(?m)^%s  behind event \d+" % number)
    has(do("complete reel restart " + number), "restart " + number)
    do("reel delete-checkpoint " + number)
    has(fails("reel restart " + number), "no checkpoint")
    has(fails("reel delete-checkpoint " + number), "no checkpoint")


@scenario
def backtraces_of_other_events():
    to("report")
    here = event()
    has(do("reel bt-at %d" % here), r"#0 ")
    is_(event(), here)
    at("report")


@scenario
def info_reel_tells_it_all():
    to("report")
    text = do("info reel")
    has(text, r"Here: event %d" % event())
    has(text, r"Recorded: .* from the beginning")
    has(text, r"Next: .*%d " % (event() + 1))
    has(text, r"process \d+ .*calls")


@scenario
def files_and_processes_are_listed():
    has(do("reel snapshots"), r"ld-linux")
    has(do("reel processes"), r"\* process \d+ thread \d+ task 1 .*calls")
    has(do("reel elapsed"), r"\d")


@scenario
def discard_goes_back_from_what_was_written():
    to("report")
    has(fails("reel discard"), "nothing was written")
    place = do("reel when")
    do("set var total = 99")
    is_(value("total"), 99)
    has(do("reel when"), "in a copy that was changed")
    has(do("reel discard"), "#0 ")
    is_(value("total"), 10)
    is_(do("reel when"), place)
    do("set var total = 98")
    has(do("reel seek +1"), "what was written is gone")
