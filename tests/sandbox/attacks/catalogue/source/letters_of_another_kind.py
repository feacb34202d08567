# title = "names a forbidden variable in letters that only the compiler takes for the usual ones"
# defence = "the right result is in no process of the answer's, so no word need be forbidden"
# without = ["comparing outside"]
# as = "verdict"
# checker = "forbidden words"
# holds = "verdict runtime error"
# falls = "verdict accepted"

def gradient(x):
    return _ｅｘpected
