# title = "returns something whose __del__ does not end in time"
# defence = "the time limit lasts until the result has arrived, not until the function returned"
# without = ["job limits"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500

import time


class Clinging(str):
    def __del__(self):
        time.sleep(1)


def f(x):
    return Clinging("won")
