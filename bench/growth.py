# SPDX-License-Identifier: MIT
"""How cost grows: with threads, with processes, and with the length of a run.

What starting and ending cost is measured by runs without calls, in the same
rounds, and taken away.
"""

import statistics

from workloads import Job, dd_blocks

COLUMNS = ("native", "record", "replay")
GROWTH = {}

# What grows less is noise.
COST_GROWS = 1.2
# Nor does memory grow with the length of a run when the queue of what is to be
# compressed was longer for once, because its thread did not get a core at once:
# eight chunks and two buffers in traces/writer.c, in MiB.  A byte kept of each
# call would be 17 MiB between the two longest runs.
QUEUE_ROOM = 10.0
MEMORY_LIMIT = 64.0


class Table:
    def __init__(self, title, heads):
        self.title = title
        self.heads = heads
        self.lines = []    # a list of words each
        self.misses = []   # sentences
        self.problem = None  # why there are no lines
        self.has_failed = False


class Growth:
    def __init__(self, measure, name, needs):
        self.measure = measure  # (bench, box) -> Table
        self.name = name
        self.needs = needs


def growth(name, needs):
    def add(measure):
        GROWTH[name] = Growth(measure, name, needs)
        return measure
    return add


def cost_of(bench, full, empty):
    """({column: seconds of the calls alone}, the recorder's peak, MiB)"""
    differences = {column: [] for column in COLUMNS}
    memory = 0
    for _ in range(bench.options.runs):
        without = bench.round(empty, COLUMNS)
        usages = bench.round(full, COLUMNS)
        memory = max(memory, usages["record"].memory)
        for column in COLUMNS:
            differences[column].append(
                usages[column].elapsed - without[column].elapsed)
    return ({column: statistics.median(values)
             for column, values in differences.items()}, memory / 1024)


def among(bench, box, kind, numbers):
    """Calls a second when so many threads or processes share them."""
    calls = box.size(1_000_000, 1000)
    table = Table("%s getppid calls shared out among %s, calls a second" % (
        format(calls, ","), kind), [kind, *COLUMNS])
    program = box.program("many")
    for number in numbers:
        jobs = [Job([program, kind, str(number), str(count)])
                for count in (calls, 0)]
        bench.warm(jobs[1])
        seconds, _ = cost_of(bench, *jobs)
        table.lines.append([str(number)] + [
            format(round(calls / seconds[column]), ",")
            if seconds[column] > 0 else "?" for column in COLUMNS])
    return table


@growth("threads", ("cc",))
def threads(bench, box):
    return among(bench, box, "threads", box.size((1, 2, 8, 64), (1, 2)))


@growth("processes", ("cc",))
def processes(bench, box):
    return among(bench, box, "processes", box.size((1, 8, 64), (1, 2)))


def judge_length(table, costs, memories):
    """The first is the shortest, the last a hundred times as long."""
    for column in ("record", "replay"):
        grown = costs[-1][column] / costs[0][column]
        if grown > COST_GROWS:
            table.misses.append("a %sed call of the longest run costs %.2f "
                                "times as much as one of the shortest" % (
                                    column, grown))
    if memories[-1] > memories[1] + QUEUE_ROOM:
        table.misses.append("the recorder's memory grows with the calls")
    if memories[-1] > MEMORY_LIMIT:
        table.misses.append("the recorder's memory is over %d MiB" %
                            MEMORY_LIMIT)


@growth("long-dd", ("dd",))
def long_dd(bench, box):
    table = Table("dd with blocks of 512 bytes: nanoseconds a call, recorder's "
                  "peak memory in MiB", ["blocks", *COLUMNS, "memory"])
    costs = []
    memories = []
    empty = Job(dd_blocks(["dd"], 0))
    bench.warm(empty)
    for times in (1, 10, 100):
        blocks = times * box.size(100_000, 20)
        seconds, memory = cost_of(bench, Job(dd_blocks(["dd"], blocks)), empty)
        # A block is read and written.
        costs.append({column: 1e9 * seconds[column] / (2 * blocks)
                      for column in COLUMNS})
        memories.append(memory)
        table.lines.append([format(blocks, ",")] + [
            "%.0f" % costs[-1][column] for column in COLUMNS] + [
                "%.1f" % memory])
    judge_length(table, costs, memories)
    return table


@growth("memory", ("dd",))
def memory_of_reads(bench, box):
    """The recorder has to hold, compress and write what was read."""
    megabytes = box.size(400, 2)
    table = Table("dd of %d MB from /dev/urandom, which does not compress" %
                  megabytes, ["recorder's peak memory, MiB", "at most"])
    job = Job(["dd", "if=/dev/urandom", "of=/dev/null", "bs=64k",
               "iflag=count_bytes", "count=%dM" % megabytes])
    peak = bench.round(job, ("record",))["record"].memory / 1024
    table.lines.append(["%.1f" % peak, "%d" % MEMORY_LIMIT])
    if peak > MEMORY_LIMIT:
        table.misses.append("the recorder's memory is over the limit")
    return table
