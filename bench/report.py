# SPDX-License-Identifier: MIT
"""What bench/run found, in plain text and as bench/RESULTS.md."""

import os
import re
import time

COLUMNS = {
    "native": "native",
    "record": "record",
    "replay": "replay",
    "seccomp": "strace -f --seccomp-bpf",
    "strace": "strace -f",
}
TEXT_LIMIT = 0.5       # of what strace writes
MEMORY_LIMIT = 64.0    # MiB

HERE = os.path.dirname(os.path.abspath(__file__))


def machine():
    """In general words: what matters, and not which machine it is."""
    cores = len(os.sched_getaffinity(0))
    with open("/proc/cpuinfo") as stream:
        virtual = re.search(r"^flags\b.*\bhypervisor\b", stream.read(), re.M)
    with open("/proc/meminfo") as stream:
        gigabytes = int(stream.readline().split()[1]) / 1e6
    counters = os.path.exists("/sys/bus/event_source/devices/cpu")
    return "a %d-core %s with %.0f GB, Linux %s, %s" % (
        cores, "virtual machine" if virtual else "machine", gigabytes,
        ".".join(os.uname().release.split("-")[0].split(".")[:2]),
        "a PMU" if counters else "no PMU")


def native_time(row):
    seconds = row.native()
    if seconds is None:
        return "failed"
    if row.workload.kind == "throughput":
        return "%.2f s" % seconds
    return "%.1f ms" % (seconds * 1e3) if seconds < 1 else "%.2f s" % seconds


def value_text(row, column):
    if column in row.errors:
        return "failed"
    value = row.value(column)
    if value is None:
        return "-"
    bound = ""
    if column in row.cut:
        bound = "< " if row.workload.kind == "throughput" else "> "
    return bound + ("%+.1f ms" % value if row.workload.kind == "plus"
                    else "%.2f" % value)


def limit_text(row, column):
    limit = getattr(row.workload, column)
    if limit is None:
        return "-"
    if row.workload.kind == "plus":
        return "+%g ms" % limit
    return ("at least %g" if row.workload.kind == "throughput"
            else "%g") % limit


def verdict(row):
    if row.errors:
        return "failed"
    missed = [column for column in ("record", "replay") if row.misses(column)]
    return "misses: " + ", ".join(missed) if missed else "ok"


ROW = "%-14s %9s %11s %12s %10s %8s %11s %11s  %s"


def print_heads():
    print((ROW % ("", "native", "record", "at most", "replay", "at most",
                  "strace-bpf", "strace", "")).rstrip())


def print_row(row):
    name = row.workload.name
    if row.skipped:
        print("%-14s skipped: %s" % (name, row.skipped), flush=True)
        return
    print(ROW % (name, native_time(row), value_text(row, "record"),
                 limit_text(row, "record"), value_text(row, "replay"),
                 limit_text(row, "replay"), value_text(row, "seccomp"),
                 value_text(row, "strace"), verdict(row)), flush=True)
    for column, message in row.errors.items():
        print("%-14s   %s failed: %s" % ("", COLUMNS[column], message),
              flush=True)


def text_size(row):
    """Of a run of strace that was ended it is the least."""
    if not row.text:
        return "-"
    return ("> " if "strace" in row.cut else "") + kilobytes(row.text)


def text_ratio(row, part):
    if not row.text:
        return "-"
    return ("< " if "strace" in row.cut else "") + "%.2f" % (part / row.text)


def kilobytes(size):
    return format(round(size / 1e3), ",")


def trace_line(row):
    """Words of a line of the table of traces."""
    trace = row.trace
    return [row.workload.name,
            text_size(row),
            kilobytes(trace.size),
            text_ratio(row, trace.size),
            kilobytes(trace.events_size),
            text_ratio(row, trace.events_size),
            format(trace.events, ","),
            "%.1f" % (trace.events_size / max(trace.events, 1)),
            "%.1f" % (trace.size / max(trace.calls, 1)),
            "%.1f" % (row.memory / 1024)]


TRACE_HEADS = ["", "strace's text, kB", "trace, kB", "of text",
               "events alone, kB", "of text", "events", "bytes an event",
               "bytes a call, with data", "recorder's peak, MiB"]


def trace_misses(row):
    missed = []
    if (row.text and row.trace.size > TEXT_LIMIT * row.text and
            "strace" not in row.cut):
        missed.append("trace")
    if row.memory / 1024 > MEMORY_LIMIT:
        missed.append("memory")
    return missed


def trace_verdict(row):
    missed = trace_misses(row)
    if missed:
        return "misses: " + ", ".join(missed)
    is_known = row.text and row.trace.size <= TEXT_LIMIT * row.text
    return "ok" if is_known else "no text to compare with"


def print_aligned(heads, lines):
    """Heads of several words stand in lines of their own."""
    table = [[str(word) for word in line] for line in lines]
    widths = [max(len(word) for word in column)
              for column in zip(*table, [max(head.split() or [""], key=len)
                                         for head in heads])]
    stacked = [head.split() for head in heads]
    height = max(len(words) for words in stacked)
    rows = [[words[i - height + len(words)] if i >= height - len(words) else ""
             for words in stacked] for i in range(height)]
    for line in rows + table:
        print("  ".join([line[0].ljust(widths[0])] + [
            word.rjust(width)
            for word, width in zip(line[1:], widths[1:])]).rstrip())


def processor_line(row):
    native = row.native("processor")
    values = [row.processor(column)
              for column in ("record", "replay", "seccomp", "strace")]
    return [row.workload.name,
            "-" if native is None else "%.0f ms" % (native * 1e3)] + [
                "-" if value is None else "%.2f" % value for value in values]


PROCESSOR_TITLE = ("Processor time of the program, reel and all its threads, "
                   "as a multiple of native's")
PROCESSOR_HEADS = ["", "native", "record", "replay", "strace-bpf", "strace"]


def print_processor(rows):
    rows = [row for row in rows if row.rounds]
    if rows:
        print("\n" + PROCESSOR_TITLE)
        print_aligned(PROCESSOR_HEADS, [processor_line(row) for row in rows])


def print_traces(rows):
    rows = [row for row in rows if row.trace]
    if not rows:
        return
    print("\nTraces, without snapshots: at most %g of strace's text; "
          "recorder's memory: at most %d MiB" % (TEXT_LIMIT, MEMORY_LIMIT))
    print_aligned(TRACE_HEADS + [""], [
        trace_line(row) + [trace_verdict(row)] for row in rows])


def print_growth(table):
    if table.problem:
        print("\n%s %s" % (table.title, table.problem), flush=True)
        return
    print("\n" + table.title)
    print_aligned(table.heads, table.lines)
    for sentence in table.misses:
        print("misses: " + sentence)
    print(end="", flush=True)


def read_reasons():
    """bench/reasons: {"ROW FIGURE": why it misses its limit}"""
    reasons = {}
    try:
        with open(os.path.join(HERE, "reasons")) as stream:
            for line in stream:
                name, colon, reason = line.partition(":")
                if colon and not line.startswith("#"):
                    reasons[name.strip()] = reason.strip()
    except FileNotFoundError:
        pass
    return reasons


def table_lines(heads, lines):
    yield "| " + " | ".join(heads) + " |"
    yield "|---" * len(heads) + "|"
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def marked(text, is_missed):
    if text == "failed":
        return "**failed**"
    return "**%s misses**" % text if is_missed else text


def cost_table(rows):
    lines = []
    for row in rows:
        cells = [row.workload.name, row.workload.text]
        if row.skipped:
            lines.append(cells + ["skipped: " + row.skipped] + [""] * 6)
            continue
        cells.append(native_time(row))
        for column in ("record", "replay"):
            cells += [marked(value_text(row, column), row.misses(column)),
                      limit_text(row, column)]
        lines.append(cells + [value_text(row, column)
                              for column in ("seccomp", "strace")])
    return table_lines(["row", "workload", "native", "record", "at most", "replay",
                        "at most", "`strace -f --seccomp-bpf`", "`strace -f`"],
                       lines)


def trace_table(rows):
    lines = []
    for row in rows:
        if row.trace:
            line = trace_line(row)
            missed = trace_misses(row)
            line[3] = marked(line[3], "trace" in missed)
            line[9] = marked(line[9], "memory" in missed)
            lines.append(line)
    return table_lines(["row"] + TRACE_HEADS[1:], lines)


def reasons_list(rows):
    reasons = read_reasons()
    for row in rows:
        missed = [column for column in ("record", "replay")
                  if row.misses(column)]
        if row.trace:
            missed += trace_misses(row)
        for figure in missed:
            yield "- %s, %s: %s" % (
                row.workload.name, figure,
                reasons.get("%s %s" % (row.workload.name, figure),
                            "the reason is not known yet."))
        for column, message in row.errors.items():
            yield "- %s: %s failed: `%s`" % (row.workload.name,
                                             COLUMNS[column], message)


EXPLANATION = """\
A figure is a median of ratios (rounds: %d). In a round a workload runs natively,
recorded, replayed and under strace, one after the other, and each run is divided
by the native one of its round. Times are wall-clock times from start to end. For
`/bin/true` it is the time more than native, for redis-server the throughput as a
part of native's, with the client outside of the recording (its replay: the
requests by the time that the whole replay takes). Snapshots are in the store
before. `bench/run --markdown bench/RESULTS.md` makes this page.
"""

CUT = """\
Runs under strace were ended after %g s: figures with `>` or `<` are bounds, of runs
that had not come to their end.
"""

QUICK = "Made with --quick: the figures mean nothing."


def write_markdown(path, version, options, rows, tables):
    parts = ["# What recording and replaying cost", "",
             "%s on %s; %s." % (version, machine(), time.strftime("%Y-%m-%d")),
             "", EXPLANATION % options.runs]
    if any(row.cut for row in rows):
        parts += [CUT % options.strace_seconds]
    if options.quick:
        parts += [QUICK, ""]
    parts += ["## Time", "", *cost_table(rows)]
    if any(row.rounds for row in rows):
        parts += ["", "## Processor time", "", PROCESSOR_TITLE + ":", "",
                  *table_lines(["row"] + PROCESSOR_HEADS[1:],
                               [processor_line(row) for row in rows
                                if row.rounds])]
    if any(row.trace for row in rows):
        parts += ["", "## Traces and memory", "",
                  "Traces without snapshots, at most %g of what `strace -f -o` "
                  "writes, which" % TEXT_LIMIT,
                  "has 32 bytes of the data of each call and none of the "
                  "vDSO's calls; the",
                  "recorder's memory, at most %d MiB." % MEMORY_LIMIT, "",
                  *trace_table(rows)]
    reasons = list(reasons_list(rows))
    if reasons:
        parts += ["", "## What misses, and why", "", *reasons]
    if tables:
        parts += ["", "## How cost grows"]
    for table in tables:
        if table.problem:
            parts += ["", "%s %s" % (table.title, table.problem)]
            continue
        parts += ["", table.title + ":", "",
                  *table_lines(table.heads, table.lines)]
        if table.misses:
            parts += [""] + ["- Misses: %s." % sentence
                             for sentence in table.misses]
    with open(path, "w") as stream:
        stream.write("\n".join(parts) + "\n")
