# title = "raises an error whose text is longer than a frame holds, so that another is reported"
# defence = "texts of an error are cut to size"
# without = ["care with texts"]
# holds = "raised ValueError"
# falls = "raised FrameError"


def f(x):
    raise ValueError("@everyone \x1b[2J" * 10_000)
