# title = "returns a generator that is exhausted before the first comparison"
# defence = "a generator is refused, and a list must have as many items as expected"
# without = ["comparing outside"]
# as = "verdict"
# checker = "numbers"
# holds = "verdict runtime error"
# falls = "verdict accepted"

def gradient(x):
    yield from ()
