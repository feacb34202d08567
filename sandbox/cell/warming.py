"""What runs before a learner's code does: much of torch is made at first use, and every child would make it anew."""

from __future__ import annotations

import gc
import sys

from sandbox.cell import harness
from sandbox.cell.failing import ANSWER
from sandbox.frames import pack_result
from sandbox.protocol import Job, Program
from sandbox.values import TensorValue

_BRIEF = """
def gradient(x):
    leaf = x.detach().clone().requires_grad_(True)
    weight = torch.ones(4, 2, requires_grad=True)
    loss = ((leaf @ weight) ** 2).mean() + (leaf * 2 - 1).exp().sum() + torch.relu(leaf).sum()
    loss.backward()
    (slope,) = torch.autograd.grad((leaf**3).sum(), leaf)
    with torch.no_grad():
        leaf -= 0.1 * slope
    return leaf.grad
"""
_THOROUGH = """
from torch import nn
from torch.autograd import functional
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, upstream):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * upstream


def trained():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(6, 3), nn.LayerNorm(3), nn.Dropout(0.1))
    for kind in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
        optimizer = kind(model.parameters(), lr=0.1)
        optimizer.zero_grad()
        F.cross_entropy(model(torch.rand(2, 1, 4)), torch.tensor([0, 1])).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    gated, _ = nn.GRU(3, 2)(torch.rand(2, 3))
    attended = F.scaled_dot_product_attention(*torch.rand(3, 1, 2, 4).unbind())
    return [*model.parameters(), gated.detach(), attended]


def differentiated(x):
    def cubes(point):
        return (point**3).sum()

    row = x[0]
    first, second = row.clone().requires_grad_(), row.clone().requires_grad_()
    first.register_hook(lambda upstream: upstream * 2)
    (inner,) = torch.autograd.grad((first * second).exp().sum(), first, create_graph=True)
    (inner.log() + checkpoint(torch.sin, second, use_reentrant=False)).sum().backward()
    Cube.apply(first.double()).mean().backward(retain_graph=True)
    torch.autograd.gradcheck(Cube.apply, torch.ones(2, dtype=torch.float64, requires_grad=True))
    return [
        second.grad,
        functional.hessian(cubes, row),
        functional.jacobian(torch.tanh, row, vectorize=True),
        functional.vjp(torch.tanh, row, row)[1],
        functional.jvp(torch.tanh, row, row)[1],
        torch.func.vmap(torch.func.grad(cubes))(x),
        torch.func.hessian(cubes)(row),
        torch.func.jacrev(torch.tanh)(row),
    ]


def computed(x):
    y = x.clone().requires_grad_()
    square = y @ y.mT + torch.eye(len(y))
    terms = [
        y.relu(), y.sigmoid(), y.tanh(), F.gelu(y), F.softplus(y), y.abs().sqrt().clamp(0, 2),
        torch.where(y > 0, y, -y), y.softmax(-1), y.log_softmax(-1), y.logsumexp(-1), F.mse_loss(y, x), y.norm(),
        y.max(-1).values, y.sort(-1).values, y.cumsum(-1), y.prod(-1), y.std(), y[..., 1:], y[:, [0, 2]],
        y.gather(1, torch.zeros(3, 1, dtype=torch.int64)), torch.zeros(3, 4).index_add(0, torch.arange(3), y),
        torch.stack([y, y]), torch.cat([y, y]), y.reshape(2, 6), y.expand(2, 3, 4), torch.einsum("ij,kj->ik", y, y),
        torch.linalg.solve(square, y), torch.linalg.eigvalsh(square), torch.linalg.svdvals(square), square.logdet(),
        F.embedding(torch.tensor([0, 1]), y), F.conv2d(y[None, None], y[None, None, :2, :2]), torch.polar(y, y).abs(),
        y.to(torch.bfloat16).float(),
    ]
    sum(term.sum() for term in terms).backward()
    torch.testing.assert_close(y.detach(), x)
    return y.grad


def everything(x):
    return [*trained(), *differentiated(x), computed(x)]
"""
_TRIAL = {"x": TensorValue("float32", (3, 4), bytes(48))}


def brief() -> None:
    """A whole job of constants, for a child: the pages it touches are copied now instead of while a learner waits.

    Raises :class:`RuntimeError` where it fails.
    """
    _run(_BRIEF, "gradient", trials=3)


def thorough() -> None:
    """What learners use, for a zygote, so that its children find all of it made. Raises :class:`RuntimeError`."""
    _run(_THOROUGH, "everything", trials=1)
    # What lives now lives for ever: a collection in a child has no business with it, and would copy all its pages.
    gc.collect()
    gc.freeze()


def _run(source: str, entry: str, trials: int) -> None:
    job = Job(Program.ANSWER, source, entry, trials=(_TRIAL,) * trials)
    outcome = harness.run(Job.decode(job.encode()))
    if outcome["failure"]:
        raise RuntimeError(f"the warm-up failed: {outcome['failure']}")
    pack_result(outcome)
    del sys.modules[ANSWER.strip("<>")]
