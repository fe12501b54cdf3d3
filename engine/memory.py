"""How it looks when memory runs out: in Python, in torch, on a GPU and in the libraries under it.

Not here: oneDNN's "could not create a primitive", all that torch's convolutions say on the CPU. Once it was short
of memory it goes on failing for that shape when there is memory again (seen): the engine must end and begin anew.

torch is not imported for it: the engine's process answers before torch is loaded, and torch's errors cannot come
before.
"""

from __future__ import annotations

import sys

_SAID = (
    "DefaultCPUAllocator",  # torch on the CPU: a plain RuntimeError
    "Cannot allocate memory (12)",  # the system, through torch: a weight file that cannot be mapped
    "CUDA error: out of memory",  # the driver, for what torch's allocator does not give out: contexts, graphs
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
)


def ran_out(error: BaseException) -> bool:
    """Whether that error says that there was not enough memory."""
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _SAID)
