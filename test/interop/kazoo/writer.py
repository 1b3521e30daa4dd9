"""kazoo writing while servers die.

Usage: writer.py CONNECT_STRING ROOT PAUSE SESSION_TIMEOUT (seconds)

Creates ROOT/n for n = 0, 1, … and writes a line `acked n` for each that a server has acknowledged. A create
whose connection was lost is tried again: "it is there already" is then an acknowledgement as well. Ends when its
standard input does, with a line `wrote N`.
"""

import logging
import sys
import threading

from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionClosedError, ConnectionLoss, NodeExistsError, SessionExpiredError
from kazoo.retry import KazooRetry

logging.disable(logging.CRITICAL)


def main(connect_string, root, pause, timeout):
    retry = KazooRetry(max_tries=-1, delay=0.02, max_delay=0.2)
    client = KazooClient(hosts=connect_string, timeout=float(timeout), connection_retry=retry)
    client.start(timeout=60)
    client.ensure_path(root)
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    written = 0
    while not over.is_set():
        path = "%s/%d" % (root, written)
        try:
            client.create(path, b"value %d" % written)
        except NodeExistsError:
            pass
        except (ConnectionLoss, ConnectionClosedError, SessionExpiredError):
            over.wait(0.02)
            continue
        print("acked %d" % written, flush=True)
        written += 1
        over.wait(float(pause))
    print("wrote %d" % written, flush=True)
    client.stop()
    client.close()


main(*sys.argv[1:])
