# title = "ignores and blocks every signal that could end it, and sleeps"
# defence = "SIGKILL, which cannot be ignored, at a limit that also counts sleep"
# without = ["job limits"]
# holds = "time limit"
# falls = "returned won"
# wall_ms = 500

import signal
import time


def f(x):
    everything = set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}
    for number in everything:
        if number < signal.SIGRTMIN:
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    time.sleep(1)
    return "won"
