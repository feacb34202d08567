# title = "keeps its first result and gives it back every other time"
# defence = "every trial must be right, and no two are alike"
# without = ["every trial"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

kept = []


def gradient(x):
    kept.append(2 * x)
    return kept[0]
