# title = "starts threads as fast as it can"
# defence = "the limit of processes, which counts threads too"
# without = ["limits"]
# holds = "returned True"
# falls = "returned False"

import threading


def f(x):
    over = threading.Event()
    threads = []
    try:
        while len(threads) < 40:
            thread = threading.Thread(target=over.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass
    over.set()
    for thread in threads:
        thread.join()
    return len(threads) < 30
