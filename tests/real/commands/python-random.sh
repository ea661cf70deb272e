# SPDX-License-Identifier: MIT
# python3: what no two runs print alike: time, hashes, uuid, random, pids.
# needs: python3
python3 - <<'END'
import datetime, os, platform, random, tempfile, threading, time, uuid
print(hash("text"), id(object()), random.random(), uuid.uuid4(), uuid.uuid1())
print(time.time(), time.monotonic_ns(), time.perf_counter(), time.process_time())
print(datetime.datetime.now(), os.getpid(), threading.get_native_id())
print(os.urandom(8).hex(), os.getrandom(8).hex(), tempfile.mkdtemp())
with tempfile.TemporaryFile() as file:
    file.write(b"x"); print(os.fstat(file.fileno()))
print({c for c in "abcdefgh"}, os.times(), os.getloadavg(), os.sched_getcpu()
      if hasattr(os, "sched_getcpu") else os.cpu_count())
print(platform.uname(), open("/proc/self/stat").read())
print(open("/proc/self/maps").read().count("\n"), open("/proc/meminfo").readline())
END
