# SPDX-License-Identifier: MIT
"""gdb's commands for replays of reel: `help reel' lists them.

They ask reel's server by monitor commands.  `reel debug' loads this file; with a
gdb that it did not start, `source' it.
"""
import re

import gdb


def ask(text):
    """What the server says to a monitor command."""
    answer = gdb.execute("monitor " + text, to_string=True)
    notes = "".join(re.findall(r"(?m)^reel: .*\n", answer))
    if notes:
        gdb.write(notes)
    return re.sub(r"(?m)^reel: .*\n", "", answer)


def is_connected():
    """Whether it is a replay that gdb is connected to."""
    try:
        return re.match(r"event \d+|before", ask("when")) is not None
    except gdb.error:
        return False


def require():
    if not is_connected():
        raise gdb.GdbError("This is no replay of reel's: start one with "
                           "`reel debug'.")


def say(text):
    gdb.write(text if text.endswith("\n") else text + "\n")


def here():
    """The last event before here."""
    found = re.match(r"event (\d+)", ask("when"))
    return int(found.group(1)) if found else 0


def events():
    """Numbers of the events around here."""
    return re.findall(r"^[> ]\s*(\d+) ", ask("dump"), re.MULTILINE)


def checkpoints():
    return re.findall(r"^(\d+)  behind", ask("info checkpoints"),
                      re.MULTILINE)


def starting_with(word, choices):
    return [choice for choice in choices if choice.startswith(word)]


def program():
    """The one that gdb has the symbols of, as the server calls it."""
    name = gdb.current_progspace().filename or ""
    return name[len("target:"):] if name.startswith("target:") else name


def program_there():
    number = gdb.selected_inferior().pid
    found = re.search(r"^\* process %d thread \d+ task \d+ (.*)$" % number,
                      ask("processes"), re.MULTILINE)
    return found.group(1) if found else ""


def take_program():
    """It ran another program there: this step makes none, but tells gdb."""
    known = {one.number for one in gdb.breakpoints()}
    gdb.execute("tcatch exec", to_string=True)
    gdb.execute("commands\nsilent\nend")
    gdb.execute("stepi", to_string=True)
    for one in gdb.breakpoints():
        if one.number not in known and one.temporary:
            one.delete()


def take_thread():
    """The selected one may not live there: then the first that does."""
    threads = gdb.execute("info threads", to_string=True)
    first = re.search(r"^  (\d+(\.\d+)?) ", threads, re.MULTILINE)
    if first and not re.search(r"^\* ", threads, re.MULTILINE):
        gdb.execute("thread " + first.group(1), to_string=True)


def moved(text):
    """The server went elsewhere: gdb must forget what it knew."""
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    if program_there() != program():
        take_program()
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    take_thread()
    gdb.execute("sharedlibrary", to_string=True)
    say(text)
    try:
        gdb.execute("frame")
    except gdb.error as error:
        say(str(error))


def holds_some():
    """Whether gdb resumes some threads, and takes others for stopped."""
    return (gdb.parameter("scheduler-locking") in ("on", "step") or
            (not gdb.parameter("schedule-multiple") and
             sum(1 for one in gdb.inferiors() if one.pid) > 1))


def on_stop(_):
    """All go on in a recording, so gdb must forget where the others were."""
    if holds_some() and is_connected():
        gdb.execute("maintenance flush register-cache", to_string=True)


class Reel(gdb.Command):
    """Places in a recording, and what is known of it.

With no subcommand: where the replay is."""

    def __init__(self):
        super().__init__("reel", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE,
                         True)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError("There is no `reel %s': `help reel' lists "
                               "what there is." % argument)
        require()
        say(ask("when"))


class Subcommand(gdb.Command):
    """A monitor command under another name."""

    def __init__(self):
        super().__init__("reel " + self.name, gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        require()
        if argument and not self.takes:
            raise gdb.GdbError("`reel %s' takes no argument." % self.name)
        if not argument and self.takes:
            raise gdb.GdbError("`reel %s' wants %s." %
                               (self.name, self.takes))
        self.act(argument)

    takes = None

    def act(self, argument):
        say(ask(self.name))

    def choices(self):
        return []

    def complete(self, text, word):
        try:
            return starting_with(word, self.choices())
        except gdb.error:
            return []


class When(Subcommand):
    """Where the replay is: the last event, and what happened since."""
    name = "when"


class Event(Subcommand):
    """The event that comes next."""
    name = "event"


class Events(Subcommand):
    """The events around here; `>' is the next one."""
    name = "events"

    def act(self, argument):
        say(ask("dump"))


class Dump(Events):
    """The same as `reel events'."""
    name = "dump"


class Elapsed(Subcommand):
    """Time from the beginning of the recording to here."""
    name = "elapsed"


class Processes(Subcommand):
    """Processes and threads that live; gdb has those with a star."""
    name = "processes"


class Digest(Subcommand):
    """A digest of registers and memory: equal ones are of equal states."""
    name = "digest"


class Snapshots(Subcommand):
    """The files of the trace up to here."""
    name = "snapshots"


class Checkpoint(Subcommand):
    """Remember this place, for `reel restart'."""
    name = "checkpoint"


class Checkpoints(Subcommand):
    """The places that are remembered."""
    name = "checkpoints"

    def act(self, argument):
        say(ask("info checkpoints"))


class DeleteCheckpoint(Subcommand):
    """Forget a place: reel delete-checkpoint N."""
    name = "delete-checkpoint"
    takes = "the number of a checkpoint"

    def act(self, argument):
        answer = ask("delete checkpoint " + argument.strip())
        if answer.strip():
            raise gdb.GdbError(answer.strip())

    def choices(self):
        return checkpoints()


class Seek(Subcommand):
    """Go to behind an event: reel seek EVENT.

+N and -N are so many events from here, `begin' is where the program begins."""
    name = "seek"
    takes = "the number of an event"

    def act(self, argument):
        number = argument.strip()
        if not re.fullmatch(r"[+-]?\d+|begin", number):
            raise gdb.GdbError("`%s' is no number of an event." % number)
        if number[0] in "+-":
            number = str(max(0, here() + int(number)))
        answer = ask("seek " + number)
        if answer.startswith("event "):
            moved(answer)
        else:
            raise gdb.GdbError(answer.strip())

    def choices(self):
        return ["begin"] + events()


class Restart(Subcommand):
    """Go to a place that was remembered: reel restart N."""
    name = "restart"
    takes = "the number of a checkpoint"

    def act(self, argument):
        answer = ask("restart " + argument.strip())
        if answer.startswith("event "):
            moved(answer)
        else:
            raise gdb.GdbError(answer.strip())

    def choices(self):
        return checkpoints()


class Discard(Subcommand):
    """Go back from the copy that writes and calls of functions change."""
    name = "discard"

    def act(self, argument):
        answer = ask("discard")
        if answer.startswith("event "):
            moved(answer)
        else:
            raise gdb.GdbError(answer.strip())


class BacktraceAt(Subcommand):
    """A backtrace behind an event: reel bt-at EVENT.  The replay stays here."""
    name = "bt-at"
    takes = "the number of an event"

    def act(self, argument):
        say(ask("bt-at " + argument.strip()))

    def choices(self):
        return events()


class InfoReel(gdb.Command):
    """What is known of the recording at this place."""

    def __init__(self):
        super().__init__("info reel", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        require()
        say("Here: " + ask("when").rstrip())
        say("Recorded: " + ask("elapsed").rstrip() + " from the beginning")
        say("Next: " + ask("event").strip())
        say("Processes:")
        say(ask("processes"))


class Instead(Subcommand):
    """What does here what a command of gdb's can't: reel instead COMMAND."""
    name = "instead"
    takes = "a command of gdb's"
    ways = {
        "run": "`continue' goes on from here, `reel seek begin' to its "
               "beginning",
        "start": "`reel seek begin', then `tbreak main' and `continue'",
        "starti": "`reel seek begin' goes to its first instruction",
        "checkpoint": "`reel checkpoint' remembers this place",
        "restart": "`reel restart N' goes to the place of `reel checkpoint'",
        "record": "it goes backwards as it is",
    }

    def act(self, argument):
        say("This is a recording: %s." %
            self.ways.get(argument, "`%s' is as ever" % argument))

    def choices(self):
        return list(self.ways)


class Refuse(gdb.Command):
    """In place of such a command; where there is no replay it is done."""

    def __init__(self):
        super().__init__("reel-refuse", gdb.COMMAND_OBSCURE)

    def invoke(self, argument, from_tty):
        if is_connected():
            raise gdb.GdbError("This is a recording: %s." %
                               Instead.ways[argument])


for command in Instead.ways:
    gdb.execute("define hook-%s\nreel-refuse %s\nend" % (command, command))
Refuse()
Reel()
InfoReel()
for command in (When, Event, Events, Dump, Elapsed, Processes, Digest,
                Snapshots, Checkpoint, Checkpoints, DeleteCheckpoint, Seek,
                Restart, Discard, BacktraceAt, Instead):
    command()
gdb.events.stop.connect(on_stop)
