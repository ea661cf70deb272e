# SPDX-License-Identifier: MIT
from check import *
import commands  # its scenarios come first


@scenario
def begins_at_the_first_instruction():
    is_(function(), "_start")
    has(do("info inferiors"), r"process \d+ .*calls")


@scenario
def breaks_by_name():
    do("break add")
    do("continue")
    at("add")
    is_(value("amount"), 0)
    is_(value("total"), 0)


@scenario
def counts_arrivals_forwards_and_backwards():
    do("break add")
    for amount in range(5):
        do("continue")
        is_(value("amount"), amount)
    for amount in reversed(range(4)):
        do("reverse-continue")
        is_(value("amount"), amount)
        at("add")
    has(do("reverse-continue"), "No more reverse-execution history")


@scenario
def has_frames_and_arguments():
    do("break add if amount == 3")
    do("continue")
    is_(value("amount"), 3)
    has(do("backtrace"), r"#1 .* main \(\)")
    do("up")
    at("call add")
    is_(value("i"), 3)


@scenario
def recursion_is_seen_whole():
    to("bottom")
    is_(do("backtrace").count("factorial (n="), 5)
    do("frame 4")
    is_(value("n"), 5)


@scenario
def finish_returns_the_value():
    do("break add if amount == 4")
    do("continue")
    has(do("finish"), r"Value returned is .*= 10")


@scenario
def reverse_finish_goes_to_the_caller():
    do("break add if amount == 2")
    do("continue")
    do("reverse-finish")
    at("call add")
    is_(value("i"), 2)


@scenario
def next_goes_over_calls():
    to("loop")
    to("report")
    do("next")
    at("withdraw")
    do("next")
    at("factorial")
    is_(value("account.balance"), 70)


@scenario
def reverse_next_goes_over_calls():
    to("factorial")
    do("reverse-next")
    at("withdraw")
    is_(value("account.balance"), 100)
    do("reverse-next")
    at("report")
    is_(value("total"), 10)


@scenario
def step_enters_functions():
    to("call add")
    do("step")
    at("add")
    is_(function(), "add")


@scenario
def reverse_step_enters_functions_from_behind():
    to("report")
    do("reverse-step")
    do("reverse-step")
    is_(function(), "add")
    is_(value("amount"), 4)


@scenario
def breakpoints_are_met_before_a_step_back():
    break_at("loop")
    do("continue")
    do("delete")
    do("stepi")
    to("report")
    do("reverse-stepi")  # its place is known by steps from the first stop
    break_at("added")
    for expected in (4, 3, 2):
        do("reverse-continue")
        at("added")
        is_(value("amount"), expected)
    do("delete")


@scenario
def each_call_of_a_recursion_is_met_backwards():
    do("break factorial")
    do("continue")
    is_(value("n"), 5)
    do("delete")
    to("bottom")
    do("break factorial")
    for n in range(1, 6):
        do("reverse-continue")
        is_(value("n"), n)
        do("reverse-stepi")


@scenario
def reverse_next_goes_over_what_is_bound_lazily():
    to("write")
    is_(value("value"), 10)
    do("reverse-next")
    is_(line(), mark("write") - 1)
    do("reverse-step")
    at("report")
    do("reverse-next")
    at("loop")


@scenario
def reverse_finish_goes_over_what_is_bound_lazily():
    to("write")
    do("reverse-finish")
    at("report")


@scenario
def until_leaves_the_loop():
    to("loop")
    do("until %d" % mark("report"))
    at("report")


@scenario
def temporary_breakpoints_go():
    do("tbreak add")
    do("continue")
    at("add")
    do("break report")
    do("continue")
    is_(function(), "report")


@scenario
def watches_a_variable():
    to("loop")
    do("watch total")
    for old, new in ((0, 1), (1, 3), (3, 6), (6, 10)):
        has(do("continue"), r"Old value = %d\nNew value = %d" % (old, new))
        is_(value("total"), new)


@scenario
def watches_a_variable_backwards():
    to("report")
    do("watch total")
    for new, old in ((10, 6), (6, 3), (3, 1), (1, 0)):
        has(do("reverse-continue"),
            r"Old value = %d\nNew value = %d" % (new, old))
        is_(value("total"), old)
        is_(function(), "add")
        at("add")


@scenario
def watches_a_whole_struct():
    to("loop")
    has(do("watch account"), "Hardware watchpoint")
    do("continue")
    is_(value("account.balance"), 70)
    do("continue")
    is_(value("account.balance"), 75)
    do("reverse-continue")
    is_(value("account.balance"), 70)
    at("deposit")


@scenario
def watches_an_array_that_takes_all_registers():
    to("loop")
    has(do("watch *(long (*)[4])&history[1]"), "Hardware watchpoint")
    for index, total in ((1, 1), (2, 3), (3, 6), (4, 10)):
        do("continue")
        is_(value("history[%d]" % index), total)
    do("delete")


@scenario
def watches_what_is_not_aligned():
    to("loop")
    has(do("watch *(short *)((char *)&account.balance - 1)"),
        "Hardware watchpoint")
    do("continue")
    is_(value("account.balance"), 70)


@scenario
def watches_an_expression_of_a_struct():
    to("loop")
    do("watch account.balance")
    has(do("continue"), r"Old value = 100\nNew value = 70")
    has(do("continue"), r"Old value = 70\nNew value = 75")
    has(do("reverse-continue"), r"Old value = 75\nNew value = 70")
    at("deposit")


@scenario
def watches_reads():
    to("report")
    do("rwatch account.balance")
    has(do("continue"), "Value = 100")
    at("withdraw")


@scenario
def watches_any_access():
    to("loop")
    do("awatch history[2]")
    has(do("continue"), r"New value = 3")
    is_(function(), "add")


@scenario
def watches_what_a_call_writes():
    to("pipe read")
    do("watch byte")
    has(do("continue"), r"New value = 120")
    before = event()
    has(do("reverse-continue"), r"New value = 0")
    assert event() < before
    do("up")
    is_(value("byte"), 0)


@scenario
def stepi_and_back():
    to("add")
    pcs = []
    for _ in range(12):
        pcs.append(value("(long)$pc"))
        do("stepi")
    for pc in reversed(pcs):
        do("reverse-stepi")
        is_(value("(long)$pc"), pc)


@scenario
def goes_back_over_a_system_call():
    to("withdraw")
    do("reverse-next")
    at("report")
    do("break write")
    do("continue")
    is_(function(), "__GI___libc_write" if "__GI" in function() else "write")
    here = event()
    do("finish")
    is_(event(), here + 1)
    do("reverse-finish")
    is_(event(), here)


@scenario
def registers_and_their_names_agree():
    to("add")
    is_(value("(long)$pc"), value("(long)$rip"))
    has(do("info registers eflags"), r"\[.*IF.*\]")
    has(do("info registers all"), "mxcsr")
    has(do("info registers fs_base"), "0x7")


@scenario
def floating_point_values():
    to("half")
    is_(float(gdb.parse_and_eval("value")), 10.0)
    is_(float(gdb.parse_and_eval("$xmm0.v2_double[0]")), 10.0)
    do("break half")
    do("continue")
    is_(float(gdb.parse_and_eval("value")), 5.0)


@scenario
def memory_can_be_searched():
    to("report")
    has(do("find /g &history, +sizeof(history), 6L"), "<history\\+24>")


@scenario
def memory_that_is_none_is_refused():
    try:
        do("x/1gx 8")
    except gdb.MemoryError:
        return
    raise AssertionError("it was read")


@scenario
def what_is_written_is_gone_later():
    to("report")
    do("set variable total = 1")
    is_(value("total"), 1)
    do("next")
    is_(value("total"), 10)


@scenario
def libraries_have_names_and_symbols():
    to("report")
    has(do("info sharedlibrary"), r"Yes .*libc\.so\.6")
    has(do("info symbol write"), "write in section .text of .*libc")


@scenario
def mappings_are_the_recorded_ones():
    to("report")
    text = do("info proc mappings")
    has(text, r"r-xp .*calls")
    has(text, r"\[stack\]")
    assert "memfd:" not in text, text


@scenario
def the_auxiliary_vector_is_there():
    text = do("info auxv")
    has(text, r"AT_ENTRY")
    has(text, r"AT_EXECFN .*calls")


@scenario
def ends_where_the_trace_ends():
    has(do("continue"), "No more reverse-execution history")
    before = event()
    has(do("continue"), "No more reverse-execution history")
    is_(event(), before)
    do("break add")
    do("reverse-continue")
    is_(value("amount"), 4)


@scenario
def seek_goes_there_and_back():
    to("report")
    here = event()
    do("monitor seek %d" % (here - 3))
    is_(event(), here - 3)
    do("monitor seek %d" % (here + 2))
    is_(event(), here + 2)
    has(do("monitor seek 100000"), "is wanted")
    is_(event(), here + 2)


@scenario
def checkpoints_are_places():
    to("report")
    number = int(re.search(r"checkpoint (\d+)",
                           do("monitor checkpoint")).group(1))
    to("last report")
    do("monitor restart %d" % number)
    at("report")
    is_(value("total"), 10)
    has(do("monitor restart 60"), "no checkpoint")


@scenario
def monitor_says_what_there_is():
    to("report")
    has(do("monitor help"), "bt-at EVENT")
    has(do("monitor processes"), r"\* process \d+ thread \d+ task 1 .*calls")
    has(do("monitor snapshots"), r"libc\.so\.6")
    has(do("monitor dump"), r"> +%d task 1" % (event() + 1))
    has(do("monitor event"), r"> +%d task 1" % (event() + 1))
    has(do("monitor elapsed"), r"\d")
    has(do("monitor bt-at %d" % (event() + 2)), "main")
    at("report")
    has(do("monitor nonsense"), "no command")


@scenario
def catch_syscall_takes_any_number():
    to("end")
    do("catch syscall")
    has(do("continue"), r"call to syscall .?1234567")
    has(do("continue"), r"returned from syscall .?1234567")


@scenario
def catch_syscall_of_any_number():
    to("report")
    do("catch syscall pipe2 1234567")
    has(do("continue"), r"call to syscall .?pipe2")
    has(do("continue"), r"returned from syscall .?pipe2")
    has(do("continue"), r"call to syscall .?1234567")
    has(do("continue"), r"returned from syscall .?1234567")
    has(do("reverse-continue"), r"call to syscall .?1234567")


@scenario
def catch_syscall_stops():
    to("report")
    do("catch syscall pipe2")
    has(do("continue"), "call to syscall")
    here = event()
    has(do("continue"), "returned from syscall")
    is_(event(), here + 1)
    has(do("reverse-continue"), "call to syscall")
    is_(event(), here)


run()
