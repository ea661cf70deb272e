#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client that means no good: bad packets, huge lengths, sudden ends.

    hostile.py REEL TRACE ROUNDS

The server must end by itself each time, with no signal.
"""
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

reel, trace, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
place = tempfile.mkdtemp()


def packet(text):
    data = text if isinstance(text, bytes) else text.encode()
    return b"$" + data + b"#%02x" % (sum(data) & 255)


NASTY = [
    "qSupported:multiprocess+;fork-events+;exec-events+", "?", "g",
    "p" + "f" * 40, "m0,ffffffffffffffff", "mffffffffffffffff,2",
    "x7ffff7fe4b70,ffffffff", "m,", "Z0,7ffff7fe4b70,1", "Z0,0,1", "Z2,1,3",
    "Z2,ffffffffffffffff,8", "Z1,70000000,1", "Z4,70000000,8", "z9,,",
    "Z0,,", "Hgp-1.-1", "Hg0", "Hc-1", "Hgpffffffffffffffff.1", "T0", "Tp",
    "vCont?", "vCont;", "vCont;r", "vCont;r1,2", "vCont;s:p0.0", "vCont;c",
    "bs", "bc", "vFile:open:2f,0,0", "vFile:open:" + "41" * 9000 + ",0,0",
    "vFile:pread:0,ffffffffffffffff,ffffffffffffffff", "vFile:fstat:99",
    "vFile:open:2f6574632f706173737764,0,0", "vFile:close:-1",
    "vFile:readlink:2f70726f632f312f657865", "vFile:", "qXfer:",
    "qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff",
    "qXfer:auxv:read::0,1000", "qXfer:exec-file:read:zz:0,10",
    "qXfer:libraries-svr4:read::0,1000", "qXfer:libraries-svr4:read",
    "qXfer:siginfo:read::0,80", "qXfer:threads:read::0,ffffffff",
    "qSearch:memory:0;ffffffffffffffff;ab", "qSearch:memory:7ffff7fe4b70;10;",
    "QPassSignals:" + ";".join("%x" % i for i in range(400)),
    "QPassSignals:ffffffffffffffff", "QCatchSyscalls:1;ffffffff",
    "QCatchSyscalls:", "QStartNoAckMode", "qRcmd,", "qRcmd,7",
    "qRcmd," + b"seek 99999999999999999999".hex(),
    "qRcmd," + b"seek -1".hex(), "qRcmd," + b"restart -1".hex(),
    "qRcmd," + b"bt-at 0".hex(), "qRcmd," + b"dump".hex(),
    "D;ffffffffffffffff", "vKill;0", "G00", "M0,1:00", "X0,1:\x00", "qThread",
    "qThreadExtraInfo,p1", "S99", "C;;", "b", "k",
    # conditions: too long, too short, for ever, without a stack
    "Z0,7ffff7fe4b70,1;", "Z0,7ffff7fe4b70,1;X", "Z0,7ffff7fe4b70,1;X0,",
    "Z0,7ffff7fe4b70,1;Xffffffffffffffff,00", "Z0,7ffff7fe4b70,1;X1,27",
    "Z0,7ffff7fe4b70,1;X3,210000", "Z0,7ffff7fe4b70,1;X4,22012100",
    "Z0,7ffff7fe4b73,1;X6,220128210002", "Z0,7ffff7fe4b73,1;X2,3427X9,00",
    "Z0,7ffff7fe4b78,1;X5,26ffff1a27", "Z1,7ffff7fe4b78,1;X1,02X1,27",
    "Z0,7ffff7fe4b70,1;X" + "f" * 60000, "Z0,7ffff7fe4b70,1;cmds:0,X1,27",
    # lldb's
    "QListThreadsInStopReply", "QThreadSuffixSupported", "qHostInfo",
    "qProcessInfo", "qShlibInfoAddr", "qWatchpointSupportInfo:", "x0,0",
    "qMemoryRegionInfo:", "qMemoryRegionInfo:0",
    "qMemoryRegionInfo:ffffffffffffffff", "qMemoryRegionInfo:7ffff7fe4b70",
    "qFileLoadAddress:", "qFileLoadAddress:2f", "qThreadStopInfo",
    "qThreadStopInfo1", "qThreadStopInfoffffffffff", "_", "_M", "_M0,rw",
    "_M1000,rw", "_M1,rw", "_Mffffffffffffffff,rw", "_M1000000,rw",
    "_M1000,rwx", "_m", "_m0", "_m3dead0000000", "_m3dead0001000",
    "m3dead0000000,1000", "m3dead0000fff,2", "x3dead0000000,ffffff",
    "M3dead0000000,4:01020304", "M3dead0000000,ffffff:01",
    "M3dead0000000,2:zz", "X3dead0000ff0,20:", "X3dead0000000,2:ab",
    "mdeadffffffffff,ffffffffffffffff", "jThreadsInfo",
    # threads' variables, memory map, searches
    "qGetTLSAddr:", "qGetTLSAddr:p1.1,0,0", "qGetTLSAddr:-1,0,0",
    "qGetTLSAddr:0,ffffffffffffffff,ffffffffffffffff",
    "qGetTLSAddr:p0.0,10,7ffff7fe4b70", "qXfer:memory-map:read::0,1000",
    "qXfer:memory-map:read::ffffffffffffffff,1", "qXfer:memory-map:read:",
    "qXfer:libraries-svr4:read:x=1;y=2:0,100", "qXfer:threads:read:0,1",
    "qXfer:a:b:c:0,1", "qXfer:features:write:x:0,1",
    "qSearch:memory:0;1;", "qSearch:memory:ffffffffffffffff;2;ab",
    # what is written, and runs then
    "M7ffff7fe4b70,4:cccccccc", "M7ffff7fe4b70,2:0f05", "M70000000,2:0f05",
    "M6fffffff,2:0f05", "M70220000,8:0000000000000000",
    "M7ffff7fe4b70,ffffffffffffffff:00", "M7ffff7fe4b70,4:zz",
    "X7ffff7fe4b70,0:", "X7ffff7fe4b70,4:abc", "Mffffffffffffffff,2:0000",
    "G" + "ff" * 2000, "G" + "00" * 2000, "G" + "41" * 100, "P", "P10",
    "P10=", "P10=0000007000000000", "P10=0000207000000000",
    "P10=ffffffffffffffff", "P10=724bfef7ff7f0000", "P7=ffffffffffffff7f",
    "P11=ffffffff", "P12=00000000", "P13=ffffffff", "P39=ffffffffffffffff",
    "P3a=ffffffffffffffff", "P3b=ffffffffffffff7f", "P38=ffffffff",
    "P18=" + "ff" * 10, "Pffffffffffffffff=00", "P22=ffffffff",
    "vCont;C0b:p1.1;c", "vCont;s", "vCont;r7ffff7fe4b70,7ffff7fe4b80",
    "qRcmd," + b"discard".hex(), "qRcmd," + b"when".hex(),
    "qRcmd," + b"digest".hex(),
    # a monitor's, and what is no command
    "qRcmd," + b"reverse".hex(), "qRcmd," + b"forward".hex(),
    "qRcmd," + b"info checkpoints".hex(), "qRcmd," + b"checkpoint".hex(),
    "qRcmd," + b"restart 1".hex(), "qRcmd," + b"delete checkpoint 1".hex(),
    "qRcmd," + b"checkpoint every 0".hex(), "qRcmd," + b"\xff%s%n".hex(),
    "qRcmd," + "25" * 5000,
]


def serve(name, **options):
    """A server, and a client that it has taken."""
    path = os.path.join(place, name)
    server = subprocess.Popen([reel, "debug", "--server=unix:" + path, trace],
                              **options)
    client = socket.socket(socket.AF_UNIX)
    while True:
        try:
            client.connect(path)
            return server, client
        except OSError:
            assert server.poll() is None, "no server"
            time.sleep(0.01)


def attack(number):
    chance = random.Random(number)
    server, client = serve("socket%d" % number, stderr=subprocess.DEVNULL)
    client.settimeout(0.5)
    try:
        for _ in range(chance.randrange(1, 40)):
            data = packet(chance.choice(NASTY))
            if chance.random() < 0.2:
                data = bytearray(data)
                data[chance.randrange(len(data))] = chance.randrange(256)
            if chance.random() < 0.05:
                data = b"$" + b"a" * 300000 + b"#00"
            if chance.random() < 0.1:
                data = data[:chance.randrange(len(data))]
            client.sendall(bytes(data))
            if chance.random() < 0.5:
                client.recv(65536)
    except (BrokenPipeError, ConnectionResetError, socket.timeout):
        pass
    client.close()
    status = server.wait(60)
    assert status in (0, 125), "round %d: status %d" % (number, status)


def ask(client, data, count=1):
    """What comes back: so many packets."""
    client.sendall(data)
    got = b""
    while got.count(b"#") < count:
        more = client.recv(65536)
        assert more, "the server left"
        got += more
    return got


def monitor(text):
    return packet("qRcmd," + text.encode().hex())


def interrupt_at_once():
    """Before a task has run: what is behind an event can be come back to."""
    server, client = serve("interrupts")
    going = packet("vCont;c")
    for event in range(2, 40):
        ask(client, monitor("seek %d" % event))
        # The server reads 4096 bytes, and sees that there are more.
        ask(client, b"+" * (4096 - len(going)) + going + b"\x03")
        where = ask(client, monitor("when"))
        ask(client, monitor("bt-at 3"))
        assert ask(client, monitor("when")) == where, "event %d" % event
    client.close()
    assert server.wait(60) == 0


for number in range(rounds):
    attack(number)
interrupt_at_once()
os.rmdir(place)
