#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random places, some steps from there, and as many back: what registers and
memory hold must be the same, at each place, each time.

    roundtrips.py REEL TRACE ROUND-TRIPS

It speaks the protocol itself.  A round trip is one step and one back to where
it was; they begin at the same places in each run.

A step of a thread that waits takes it past events of others, and the step back
ends behind those: then its registers alone are what they were, and the round
trip is not counted.
"""
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

reel, trace, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(1)


class Client:
    def __init__(self, path):
        self.server = subprocess.Popen(
            [reel, "debug", "--server=unix:" + path, trace])
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                assert self.server.poll() is None, "no server"
                time.sleep(0.01)
        self.input = b""
        self.ask("QStartNoAckMode")
        self.socket.sendall(b"+")

    def send(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 255))

    def receive(self):
        while True:
            found = re.search(rb"\$([^#]*)#..", self.input, re.DOTALL)
            if found:
                self.input = self.input[found.end():]
                return found.group(1).decode("latin-1")
            data = self.socket.recv(65536)
            assert data, "the server ended, with %d" % self.server.wait(9)
            self.input += data

    def ask(self, text):
        self.send(text)
        return self.receive()

    def monitor(self, text):
        answer = self.ask("qRcmd," + text.encode().hex())
        return bytes.fromhex(answer).decode("latin-1")

    def move(self, text):
        """Returns the stop, and what was printed before it."""
        self.send(text)
        printed = ""
        while True:
            answer = self.receive()
            if not answer.startswith("O"):
                return answer, printed
            printed += bytes.fromhex(answer[1:]).decode("latin-1")


def there(client, thread):
    """What is known of a place."""
    client.ask("Hg" + thread)
    digest = client.monitor("digest")
    assert digest.startswith("registers "), digest
    return digest, client.ask("p10")


def thread_of(stop):
    found = re.search(r"thread:([0-9a-f]+);", stop)
    return found.group(1) if found else None


def registers_of(place):
    return place[0].split(" memory ")[0], place[1]


def event_of(when):
    return int(re.match(r"event (\d+)", when).group(1))


def is_in_call(client, thread):
    """There is no way back to the middle of a call: it is one instruction."""
    text = client.ask("qThreadExtraInfo," + thread)
    return ", in " in bytes.fromhex(text).decode()


def wander(client, events):
    """From somewhere, some steps and back; returns how many."""
    event = chance.randrange(events[0], events[1])
    if not client.monitor("seek %d" % event).startswith("event"):
        return 0
    thread = thread_of(client.ask("?"))
    for _ in range(chance.randrange(is_in_call(client, thread), 12)):
        client.ask("Hc" + thread)
        stop, _ = client.move("vCont;s:" + thread)
        if not stop.startswith("T") or "replaylog" in stop:
            return 0
    places = [there(client, thread)]
    names = [client.monitor("when").strip()]
    for _ in range(chance.randrange(1, 6)):
        stop, _ = client.move("vCont;s:" + thread)
        if not stop.startswith("T05") or "replaylog" in stop or \
                "fork" in stop or thread_of(stop) != thread:
            break
        places.append(there(client, thread))
        names.append(client.monitor("when").strip())
    count = 0
    while len(places) > 1:
        places.pop()
        left = names.pop()
        client.ask("Hc" + thread)
        stop, printed = client.move("bs")
        if "too long" in printed or not stop.startswith("T05"):
            return count
        now = there(client, thread)
        is_same_event = event_of(client.monitor("when")) == \
            event_of(names[-1])
        expected = places[-1]
        if not is_same_event:
            now, expected = registers_of(now), registers_of(expected)
        assert now == expected, "from %s back to %s: %s, not %s" % (
            left, names[-1], now, expected)
        count += is_same_event
    return count


def main():
    with tempfile.TemporaryDirectory() as place:
        client = Client(os.path.join(place, "socket"))
        limits = re.search(r"from (\d+) to (\d+)",
                           client.monitor("seek 99999999"))
        events = int(limits.group(1)), int(limits.group(2))
        done = tries = 0
        while done < wanted and tries < 20 * wanted:
            done += wander(client, events)
            tries += 1
        client.send("k")
        assert client.server.wait(60) == 0
        print("%d round trips from %d places" % (done, tries))
        assert done >= wanted, "too few"


main()
