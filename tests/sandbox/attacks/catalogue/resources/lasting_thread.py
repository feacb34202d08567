# title = "has a thread that goes on, and prints, after the result"
# defence = "the result is sent first, and then the process leaves without waiting for its threads"
# without = ["sending first"]
# holds = "returned done"
# falls = "output limit"

import itertools
import threading


def f(x):
    def go_on():
        for number in itertools.count():
            if returned.is_set():
                print(number)

    returned = threading.Event()
    threading.Thread(target=go_on).start()
    threading.Timer(0.2, returned.set).start()
    return "done"
