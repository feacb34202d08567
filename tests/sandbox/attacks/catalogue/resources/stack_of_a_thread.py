# title = "recurses in C without end, on a stack of a GB"
# defence = "a limit of address space, which counts stacks before they are used"
# without = ["limits"]
# holds = "raised RuntimeError"
# falls = "returned won"
# wall_ms = 5000

import itertools
import threading


def f(x):
    reached = []

    def dive():
        nested = iter(())
        for _ in range(400_000):
            nested = itertools.chain(nested)
        reached.extend(nested)
        reached.append("won")

    threading.stack_size(1 << 30)
    thread = threading.Thread(target=dive)
    thread.start()
    thread.join()
    return reached[0]
