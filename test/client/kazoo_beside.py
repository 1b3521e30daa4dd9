"""kazoo beside zab/client: each step waits for a line on standard input and answers with one."""
import sys

from kazoo.client import KazooClient

client = KazooClient(hosts=sys.argv[1])
client.start()
lock = client.Lock("/lock", "kazoo", extra_lock_patterns=["-lock-"])
barrier = client.DoubleBarrier("/barrier", 2)


def add():
    counter = client.Counter("/counter")
    counter += 3
    return counter.value


STEPS = {
    "try": lambda: lock.acquire(blocking=False),
    "contenders": lock.contenders,
    "acquire": lambda: lock.acquire(timeout=60),
    "release": lock.release,
    "add": add,
    "enter": barrier.enter,
    "leave": barrier.leave,
}
for line in sys.stdin:
    print(STEPS[line.strip()](), flush=True)
client.stop()
