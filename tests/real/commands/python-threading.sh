# SPDX-License-Identifier: MIT
# python3: threads, locks, conditions, barriers, queues, thread pools.
# needs: python3
# output: fixed
python3 - <<'END'
import concurrent.futures, queue, threading, time
count, lock, ready = 0, threading.Lock(), threading.Barrier(4)
def work():
    global count
    ready.wait()
    for _ in range(500):
        with lock:
            count += 1
threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(count)
jobs = queue.Queue(5)
def consume(out):
    while (job := jobs.get()) is not None:
        out.append(job); time.sleep(0.001)
out = []
consumer = threading.Thread(target=consume, args=(out,)); consumer.start()
for i in range(30): jobs.put(i)
jobs.put(None); consumer.join(); print(sum(out))
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    print(sum(pool.map(lambda n: n * n, range(100))))
done = threading.Event()
timer = threading.Timer(0.05, done.set); timer.start()
print(done.wait(50), done.is_set()); timer.join()
END
