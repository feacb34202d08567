# title = "returns the right numbers in memory, and a view that reads them in another order"
# defence = "the elements are read in the order of the view"
# without = ["careful reading"]
# as = "verdict"
# holds = "verdict wrong answer"
# falls = "verdict accepted"

def gradient(x):
    right = (2 * x).contiguous()
    return right.as_strided(x.shape, [1] * x.dim())
