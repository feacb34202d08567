# title = "returns a small list that names itself a hundred million times, none of them deep"
# defence = "items are counted over the whole observation"
# without = ["careful reading"]
# wall_ms = 500
# holds = "raised UnobservableError"
# falls = "time limit"


def f(x):
    result = x.tolist() * 50
    for _ in range(3):
        result = [result] * 100
    return result
