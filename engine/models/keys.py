"""Which tensors a file has too few, too many or in another shape, told by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Shapes = Mapping[str, Sequence[int]]
_TOLD = 3


def differences(expected: Shapes, found: Shapes) -> str:
    """What is wrong with the tensors of a file, one phrase for each kind of trouble; "" when nothing is.

    Args:
        expected: the shape of every tensor that is needed, by name.
        found: the same of those that are there.
    """
    reshaped = [n for n in expected if n in found and tuple(found[n]) != tuple(expected[n])]
    troubles = (
        ("lacks", [n for n in expected if n not in found]),
        ("has unknown", [n for n in found if n not in expected]),
        ("has reshaped", [f"{n} {list(found[n])}, not {list(expected[n])}" for n in reshaped]),
    )
    return "; ".join(f"{what} {_some(names)}" for what, names in troubles if names)


def _some(names: list[str]) -> str:
    """The first names, and how many there are beyond."""
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(sorted(names)[:_TOLD]) + more
