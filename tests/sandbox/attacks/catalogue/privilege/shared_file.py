# title = "leaves a file in shared memory behind"
# defence = "there is no /dev/shm, and the root is read-only"
# without = ["shared memory"]
# holds = "raised FileNotFoundError"
# falls = "returned won"


def f(x):
    open("/dev/shm/left", "w").close()
    return "won"
