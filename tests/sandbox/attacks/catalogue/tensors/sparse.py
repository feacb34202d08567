# title = "returns the right values in a tensor of another layout, for which the reader must find the room"
# defence = "only a dense tensor is read"
# without = ["careful reading"]
# as = "verdict"
# holds = "verdict runtime error"
# falls = "verdict accepted"

def gradient(x):
    return (2 * x).to_sparse()
