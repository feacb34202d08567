"""A complete, sound question of each kind, as the documentation shows them."""

from __future__ import annotations

from collections.abc import Mapping

_VALUE = """\
---
format: 1
id: mean-gradient
title: The gradient of a mean
kind: value
level: easy
topics: [backward, mean]
---

## Prompt

After `backward()`, what is in `x.grad`?

## Snippet

```python
import torch

x = torch.tensor([1.0, 5.0], requires_grad=True)
x.mean().backward()
```

## Expression

```python
x.grad
```

## Solution

```text
[0.5, 0.5]
```

## Wrong answers

### The gradient of the sum

```text
[1, 1]
```

That is the gradient of `x.sum()`. A mean also divides, and the gradient keeps that factor.

### The mean itself

```text
3
```

That is the value of the mean. A gradient has the shape of `x`, so it has two numbers.

## Hints

- By how much does the mean change when one element grows by 1?
- The mean of n numbers is their sum, divided by n.

## Explanation

For m = (x₀ + x₁) / 2 each ∂m/∂xᵢ = 1/2, whatever x is: **[0.5, 0.5]**.

A forgotten 1/n is one of the most common errors in gradients derived by hand. It acts like a learning rate that grows
with the batch.
"""

_CODE = """\
---
format: 1
id: scaled-dot
title: Fix the scale that learns nothing
kind: code
level: medium
topics: [detach, graph]
entry: scaled_dot
observe: [result, grad(scale), grad(a)]
backward: true
time_limit: 5
---

## Prompt

`scaled_dot(a, b, scale)` returns the right numbers, but `scale` never receives a gradient. Fix it.

- `a`, `b`: shape (n, k), n dot products of length k. `scale`: a tensor with no dimensions.
- Return shape (n,): each dot product times `scale`.

<!-- The upstream gradient is random, so that a result with the wrong sign in one row cannot cancel. -->

## Starter

```python
import torch


def scaled_dot(a, b, scale):
    return (a * b).sum(dim=1) * scale.item()
```

## Inputs

```python
import torch


def inputs(generator):
    n = int(torch.randint(2, 5, (), generator=generator))
    return {
        "a": torch.randn(n, n + 1, generator=generator),
        "b": torch.randn(n, n + 1, generator=generator),
        "scale": torch.randn((), generator=generator),
        "upstream": torch.randn(n, generator=generator),
    }
```

## Solution

```python
import torch


def scaled_dot(a, b, scale):
    return (a * b).sum(dim=1) * scale
```

## Wrong answers

### A new tensor from the number

```python
import torch


def scaled_dot(a, b, scale):
    return (a * b).sum(dim=1) * torch.tensor(scale.item(), requires_grad=True)
```

The numbers are right, but nothing leads back to `scale`: `.item()` copies a number out of the graph, and a tensor made
from it is a new leaf. The gradient ends there.

### Everything cut

```python
import torch


def scaled_dot(a, b, scale):
    return (a.detach() * b).sum(dim=1) * scale
```

`scale` learns now, but `detach()` cut `a` off. Only the trip through a Python number had to go.

## Hints

- Which operation turns a tensor into something autograd cannot see?
- `.item()` returns a Python number without history. What happens if you multiply by the tensor?

## Explanation

`.item()`, `.tolist()`, `.numpy()` and `torch.tensor(t)` copy numbers out of the graph. The forward pass is right, and
the gradient stops there. With `scale` kept as a tensor, ∂L/∂scale = Σᵢ upstreamᵢ · (aᵢ · bᵢ).

In practice this hides in a temperature or a loss weight that was meant to be learned and never moves from its start.
"""

_CHOICE = """\
---
format: 1
id: which-has-grad
title: Who keeps a gradient?
kind: choice
level: easy
topics: [leaf, grad]
---

## Prompt

After `backward()`, which of these tensors has a gradient in its `.grad`?

## Snippet

```python
import torch

a = torch.tensor(3.0, requires_grad=True)
b = a * 2
c = b.detach()
b.backward()
```

## Options

- [x] only `a`

  `a` is a leaf that requires grad: `backward()` accumulates into such tensors alone.
- [ ] `a` and `b`

  `b` is on the path, but it is not a leaf: its gradient is passed on and then dropped, unless you call
  `b.retain_grad()`.
- [ ] only `b`

  `b` is where `backward()` starts. The gradient is kept where the graph ends: at the leaves.
- [ ] all three

  `c` has no history and does not require grad, so no gradient ever reaches it.

## Proof

```python
import warnings

warnings.simplefilter("ignore")
assert a.grad is not None
assert b.grad is None and c.grad is None
```

## Hints

- `.grad` lives on leaf tensors.

## Explanation

`backward()` walks the graph from `b` to its leaves and accumulates there. Tensors on the way, such as `b`, keep nothing
unless `retain_grad()` was called on them before.
"""

EXAMPLES: Mapping[str, str] = {"code": _CODE, "value": _VALUE, "choice": _CHOICE}
"""By kind, the text of a question file."""
