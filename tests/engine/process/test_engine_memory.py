"""Memory that really runs out: each library's own error is known, and an engine that is short of it comes back."""

from __future__ import annotations

import sys

import numpy as np
import psutil
import pytest
import torch

from engine.local import Ask, plan
from engine.memory import ran_out
from engine.protocol import Failed, Ready

_MORE_THAN_THERE_IS = 1 << 50


def recipe(seed, length):
    return plan(Ask("rain", seed=seed, length=length))[0]


@pytest.mark.parametrize(
    "take",
    [
        lambda: torch.empty(_MORE_THAN_THERE_IS, dtype=torch.uint8),
        lambda: np.empty(_MORE_THAN_THERE_IS, np.uint8),
        lambda: bytes(_MORE_THAN_THERE_IS),
    ],
)
def test_a_real_failure_to_get_memory_is_known(take):
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        take()
    assert ran_out(caught.value)


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (reallocated)"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_other_errors_are_not_taken_for_it(error, is_memory):
    assert ran_out(error) is is_memory


@pytest.mark.skipif(sys.platform != "linux", reason="the system limits no process's memory")
def test_an_engine_that_gets_no_more_memory_fails_an_order_or_begins_anew(listen):
    """Limited to what it has, it can neither make a longer sound nor load again; the next draft comes."""
    import resource

    ears = listen(hung_after=4.0)
    assert isinstance(ears.outcome(ears.client.draft("1", recipe(1, 0.4))), Ready)
    pid = ears.client.pid
    free = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (psutil.Process(pid).memory_info().vms, free[1]))
    starved = ears.outcome(ears.client.draft("1", recipe(2, 2.9)))
    assert isinstance(starved, Failed) or ears.client.pid != pid
    assert isinstance(starved, Ready) or "not enough memory" in starved.sentence
    if ears.client.pid == pid:
        resource.prlimit(pid, resource.RLIMIT_AS, free)
    assert isinstance(ears.outcome(ears.client.draft("1", recipe(3, 0.4))), Ready)
