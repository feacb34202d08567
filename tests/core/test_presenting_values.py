import pytest

from bot.core.cards import Block, Code
from bot.core.presenting.pieces import values

SHOWN: list[tuple[list[tuple[str, str]], tuple[Block, ...]]] = [
    ([], ()),
    (
        [("x", "tensor([1., 2.])"), ("it returned", "3.0")],
        (Code("x            tensor([1., 2.])\nit returned  3.0", "text"),),
    ),
    ([("a\nb", "1")], (Code("a b  1", "text"),)),
    (
        [("x", "tensor([[1., -0.25], [10., 2.]])"), ("k", "2")],
        (Code("x:\ntensor([[ 1., -0.25],\n        [10.,    2.]])\n\nk:\n2", "text"),),
    ),
    (
        [("x", "tensor([[[1, 2]], [[3, 4]]], dtype=torch.int32)")],
        (Code("x:\ntensor([[[1, 2]],\n        [[3, 4]]], dtype=torch.int32)", "text"),),
    ),
    ([("x", "tensor([[1., 2.], [3…")], (Code("x  tensor([[1., 2.], [3…", "text"),)),
    ([("x", "'tensor([[1], [2]])'")], (Code("x  'tensor([[1], [2]])'", "text"),)),
]


@pytest.mark.parametrize(("pairs", "blocks"), SHOWN)
def test_values_stand_below_each_other_as_they_would_be_printed(
    pairs: list[tuple[str, str]], blocks: tuple[Block, ...]
) -> None:
    assert values(pairs) == blocks
