# title = "returns rows without their dimension, which comparing puts back"
# defence = "the shape must be the expected one exactly"
# without = ["comparing outside"]
# as = "verdict"
# checker = "nothing too far"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

def gradient(x):
    return 2 * x.flatten()
