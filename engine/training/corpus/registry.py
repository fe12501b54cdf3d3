"""Every family of the corpus by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.training.corpus.families import GROUPS
from engine.training.corpus.family import Family

FAMILIES: Mapping[str, Family] = MappingProxyType({f.name: f for group in GROUPS for f in group})
