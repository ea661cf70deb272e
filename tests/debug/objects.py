# SPDX-License-Identifier: MIT
from check import *


module = source.replace("objects.c", "module.c")


def at_look(times):
    do("break look")
    for _ in range(times):
        do("continue")
    do("delete")
    do("up")


@scenario
def thread_local_variables_of_the_program():
    at_look(1)
    is_(value("mine"), 12)
    is_(gdb.parse_and_eval("letters").string(), "1bc")
    is_(value("(long)&letters % 64"), 0)


@scenario
def thread_local_variables_of_each_thread():
    at_look(2)
    is_(value("mine"), 13)
    do("thread 1")
    is_(value("mine"), 11)
    is_(gdb.parse_and_eval("letters").string(), "abc")


@scenario
def thread_local_variables_of_a_library():
    at_look(1)
    is_(value("in_module"), 6)
    do("break look")
    do("continue")
    is_(value("in_module"), 7)
    do("continue")
    is_(value("in_module"), 7)


@scenario
def thread_local_variables_that_a_thread_has_not():
    at_look(1)
    do("thread 1")
    try:
        text = do("print in_module")
    except gdb.error as error:
        text = str(error)
    has(text, r"= 5|Cannot find thread-local storage|Remote target failed")


@scenario
def thread_local_variables_backwards():
    at_look(2)
    is_(value("in_module"), 7)
    is_(value("mine"), 13)
    do("break look")
    do("reverse-continue")
    is_(value("in_module"), 6)
    is_(value("mine"), 12)


@scenario
def scripts_of_the_recorded_program_do_not_run():
    to("open")
    has(do("print $obeyed"), "void")
    has(do("show auto-load safe-path"), "auto-load")
    assert "any directory" not in do("show auto-load safe-path")


@scenario
def the_auxiliary_vector():
    text = do("info auxv")
    has(text, r"AT_PAGESZ .* 4096")
    has(text, r"AT_EXECFN .*objects")
    entry = int(re.search(r"AT_ENTRY .*(0x[0-9a-f]+)", text).group(1), 16)
    is_(entry, value("(long)&_start"))


@scenario
def libraries_come_and_are_listed():
    to("open")
    assert "module" not in do("info sharedlibrary")
    to("opened")
    has(do("info sharedlibrary"), r"Yes .*/module")
    has(do("info sharedlibrary"), r"Yes .*libc\.so")


@scenario
def a_stop_at_the_load_of_a_library():
    do("catch load module")
    has(do("continue"), r"Inferior loaded .*module")


@scenario
def pending_breakpoints_of_a_library():
    do("info sharedlibrary")
    has(do("break module.c:%d" % mark("bump", module)), "pending")
    do("continue")
    at("bump", module)
    is_(value("number"), 1)


@scenario
def mappings_have_recorded_names():
    to("opened")
    text = do("info proc mappings")
    has(text, r"r-xp +/.*/objects")
    has(text, r"r-xp +/.*/module")
    has(text, r"rw-p +\[stack\]")
    has(text, r"rw-p +\[heap\]")
    assert "0x70000000" not in text, text


@scenario
def arguments_and_program_of_the_process():
    text = do("info proc cmdline")
    has(text, r"cmdline = '\./objects /.*/module'")
    has(do("info proc exe"), r"exe = '/.*/objects'")


@scenario
def the_memory_map_is_all_that_can_be():
    has(do("info mem"), r"0x0+ +0x0*800000000000 rw")
    try:
        do("x/x 0x1000000000000")
        assert False, "it can be read"
    except gdb.MemoryError:
        pass


@scenario
def finds_bytes_in_memory():
    to("last look")
    start = value("(long)hay")
    has(do("find (char *)hay, +100000, 'n', 'e', 'e', 'd', 'l', 'e'"),
        "0x%x.*\n1 pattern found" % (start + 77777 + 10))
    has(do("find (char *)hay, +1000, 'n', 'e', 'e', 'd', 'l', 'e'"),
        "Pattern not found")


@scenario
def reads_much_memory_at_once():
    to("last look")
    name = os.path.join(os.environ["TMPDIR"], "hay")
    do("dump binary memory %s hay hay+100000" % name)
    with open(name, "rb") as file:
        is_(file.read().index(b"find this"), 77777)
    os.unlink(name)


@scenario
def vector_registers_have_values():
    to("opened")
    do("break look")
    do("continue")
    has(do("info registers ymm0"), r"v8_float")
    has(do("info registers mxcsr"), r"0x1f80")
    is_(value("$fctrl"), 0x37f)


@scenario
def what_is_known_of_a_signal():
    has(do("continue"), "received signal SIGUSR1")
    is_(value("$_siginfo.si_signo"), 10)
    is_(value("$_siginfo.si_code"), -1)
    is_(value("$_siginfo._sifields._rt.si_sigval.sival_int"), 321)
    is_(value("$_siginfo._sifields._rt.si_pid"),
        gdb.selected_inferior().pid)
    # Nobody else got it, and none is got at a breakpoint.
    for thread in gdb.selected_inferior().threads():
        first = gdb.selected_thread().num
        if thread.num != first:
            thread.switch()
            is_(value("$_siginfo.si_signo"), 0)
            do("thread %d" % first)
    do("break on_usr")
    do("continue")
    is_(value("$_siginfo.si_signo"), 0)


@scenario
def a_hardware_breakpoint_where_nothing_is_yet():
    at_look(1)
    later, place = event(), int(gdb.parse_and_eval("(long)&look"))
    do("hbreak *%d" % place)
    has(do("info breakpoints"), "hw breakpoint")
    do("delete")
    do("monitor restart 1")
    do("maintenance flush register-cache")
    do("hbreak *0")
    do("hbreak *%d" % place)
    has(do("continue"), r"reakpoint \d+,")
    is_(value("$pc"), place)
    assert event() <= later


@scenario
def signals_that_are_passed_make_no_stop():
    do("handle SIGUSR1 nostop noprint pass")
    do("break on_usr")
    do("continue")
    do("handle SIGUSR1 stop print")
    at("on usr")
    is_(value("info->_sifields._rt.si_sigval.sival_int"), 321)


@scenario
def catches_a_call_by_name():
    to("queue")
    do("catch syscall close")
    do("handle SIGUSR1 nostop noprint")
    has(do("continue"), r"call to syscall close")
    is_(value("$rdi"), 99)
    has(do("continue"), r"returned from syscall close")
    do("handle SIGUSR1 stop print")
    is_(value("$rax"), -9)


@scenario
def catches_a_call_by_number():
    to("last look")
    do("catch syscall 110")
    has(do("continue"), r"call to syscall getppid")
    has(do("continue"), r"returned from syscall getppid")
    assert value("$rax") > 0
    do("delete")
    to("queue")


@scenario
def catches_all_calls():
    to("last look")
    do("catch syscall")
    names = []
    for _ in range(6):
        names += re.findall(r"(?:call to|returned from) syscall (\w+)",
                            do("continue"))
    do("delete")
    is_(names[0::2], names[1::2])
    is_(names[0], "rt_sigaction")


@scenario
def catches_calls_backwards():
    to("queue")
    do("catch syscall getppid")
    has(do("reverse-continue"), r"syscall getppid")
    has(do("reverse-continue"), r"syscall getppid")
    do("delete")
    do("finish")
    is_(function(), "main")


@scenario
def threads_come_and_go():
    is_(len(gdb.selected_inferior().threads()), 1)
    at_look(1)
    is_(len(gdb.selected_inferior().threads()), 2)
    has(do("info threads"), r"task \d+")
    do("delete")
    to("last look")
    is_(len(gdb.selected_inferior().threads()), 1)


run()
