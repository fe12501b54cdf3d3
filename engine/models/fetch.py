"""Files of a model from the hub, from a mirror of it, or from a folder: resumed, checked, and never believed.

Nothing is fetched unless a person asked for it. The hub's own library resumes, follows proxies and redirects;
what it brings is checked against the length and, where the hub states one, the SHA-256 of the file. A folder
serves studios without the internet, and files that their publisher keeps elsewhere.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from engine.errors import EngineError
from engine.models.offers import Wanted

_PIECE = 1 << 20

OnBytes = Callable[[int], None]
"""Called with how many bytes came; may raise to stop."""


@dataclass(frozen=True)
class Found:
    """Where a wanted file lies.

    place: its path in the repository or on the disk. bytes: its length. sha256: "" where nobody states one.
    """

    wanted: Wanted
    place: str
    bytes: int
    sha256: str


class Source(Protocol):
    """Where files come from."""

    def look(self, files: Sequence[Wanted]) -> list[Found]:
        """Where they lie, in order.

        Raises:
            EngineError: one is not there, or nothing answers.
        """
        ...

    def bring(self, found: Found, folder: Path, on_bytes: OnBytes) -> Path:
        """The file, whole, somewhere below the folder or where it lies already.

        Raises:
            EngineError: it cannot be had, or is not what was stated.
        """
        ...


class Shelf:
    """A folder that holds the files, in any folders of its own."""

    def __init__(self, folder: Path) -> None:
        """folder: where to look.

        Raises:
            EngineError: it is no folder.
        """
        if not folder.is_dir():
            raise EngineError(f"{folder} is no folder. Give the folder that holds the model's files.")
        self._folder = folder

    def look(self, files: Sequence[Wanted]) -> list[Found]:
        """See Source."""
        return [self._find(file) for file in files]

    def bring(self, found: Found, folder: Path, on_bytes: OnBytes) -> Path:
        """See Source: it stays where it is."""
        on_bytes(found.bytes)
        return Path(found.place)

    def _find(self, file: Wanted) -> Found:
        fitting = sorted(path for path in self._folder.rglob(file.name) if path.is_file())
        fitting = [path for path in fitting if file.folder in ("", path.parent.name)]
        owner, _, name = file.repository.partition("/")
        # Two publishers may give two files one name: then the folder tells whose it is.
        chosen = [p for p in fitting if {owner, name} & set(p.parts)] or fitting
        if len(chosen) != 1:
            within = f"a folder {file.folder}" if file.folder else f"a folder {name}"
            trouble = "is not there" if not fitting else f"is there {len(fitting)} times"
            raise EngineError(
                f"{file.name} of {file.repository} {trouble} in {self._folder}. Put it into {within}."
            )
        return Found(file, str(chosen[0]), chosen[0].stat().st_size, "")


class Hub:
    """The hub of huggingface.co, or a mirror of it."""

    def __init__(self, endpoint: str | None = None) -> None:
        """endpoint: a mirror's address; None is the hub, or what HF_ENDPOINT says.

        Raises:
            EngineError: the hub's library is not installed.
        """
        self._endpoint = endpoint
        self._hub = _library()
        self._api = self._hub.HfApi(endpoint=endpoint)
        self._listed = cache(self._list)

    def look(self, files: Sequence[Wanted]) -> list[Found]:
        """See Source."""
        return [self._find(file) for file in files]

    def bring(self, found: Found, folder: Path, on_bytes: OnBytes) -> Path:
        """See Source. What was fetched of it before, even by a process that died, is not fetched again."""
        place = folder / found.wanted.repository.replace("/", "--") / found.place
        if place.exists():
            on_bytes(found.bytes)
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{place.name}.part")
        with _Told(self._hub, found.wanted):
            self._resume(found, part, on_bytes)
        _check(part, found)
        part.replace(place)
        return place

    def _resume(self, found: Found, part: Path, on_bytes: OnBytes) -> None:
        """Fetch what is missing of a file."""
        url = self._hub.hf_hub_url(found.wanted.repository, found.place, endpoint=self._endpoint)
        with part.open("r+b" if part.exists() else "w+b") as file:
            there = min(file.seek(0, os.SEEK_END), found.bytes)
            file.truncate(there)
            self._hub.file_download.http_get(
                url,
                file,
                resume_size=there,
                headers=self._hub.utils.build_hf_headers(),
                expected_size=found.bytes,
                tqdm_class=_bar(on_bytes),
            )

    def _find(self, file: Wanted) -> Found:
        for entry in self._listed(file.repository):
            path = Path(entry.path)
            if path.name == file.name and file.folder in ("", path.parent.name):
                stated = entry.lfs.sha256 if entry.lfs is not None else ""
                return Found(file, entry.path, entry.size, stated)
        raise EngineError(
            f"{file.repository} has no file {file.name} any more. If its publisher offers it elsewhere, download "
            "it from there and use --from with its folder."
        )

    def _list(self, repository: str) -> list[Any]:
        with _Told(self._hub, Wanted(repository, "", 0)):
            tree = self._api.list_repo_tree(repository, recursive=True)
            return [entry for entry in tree if hasattr(entry, "size")]


class _Told:
    """What the hub's library raises, as sentences."""

    def __init__(self, hub: Any, file: Wanted) -> None:
        self._errors, self._file = hub.errors, file

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise the error again as one of ours."""
        if error is None or not isinstance(error, Exception) or isinstance(error, EngineError):
            return
        what = f"{self._file.repository}/{self._file.name}".rstrip("/")
        if isinstance(error, self._errors.GatedRepoError):
            raise EngineError(
                f"{what} is only given to those who accepted its terms at huggingface.co/{self._file.repository}. "
                "Do so there, log in with `hf auth login`, and try again."
            ) from error
        if isinstance(error, self._errors.RepositoryNotFoundError | self._errors.EntryNotFoundError):
            raise EngineError(
                f"{what} is not there (any more). Use --from with a folder that holds it."
            ) from error
        if isinstance(error, OSError) and error.errno is not None and error.strerror:
            raise EngineError(
                f"{what} could not be fetched: {error.strerror}. Free some space or check the connection, and try "
                "again: what came so far is kept."
            ) from error
        raise EngineError(
            f"{what} could not be fetched: {type(error).__name__}: {str(error)[:200] or 'no answer'}. Check the "
            "connection, or the proxy, and try again: what came so far is kept."
        ) from error


def _check(path: Path, found: Found) -> None:
    """Whether a file is what the hub said; one that is not is removed, so that it is fetched anew."""
    size = path.stat().st_size
    trouble = "" if size == found.bytes else f"it has {size} bytes in place of {found.bytes}"
    if not trouble and found.sha256:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        trouble = "" if digest == found.sha256 else "its checksum is another"
    if trouble:
        path.unlink()
        raise EngineError(
            f"{found.wanted.name} did not arrive as its publisher states: {trouble}. Try again; if it happens "
            "again, something between here and there changes it."
        )


def check_space(folder: Path, needed: int) -> None:
    """Whether so many bytes fit on the disk of a folder.

    Raises:
        EngineError: they do not.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EngineError(
            f"{needed / 1e9:.1f} GB are needed in {folder} while the model is made ready, and {free / 1e9:.1f} GB "
            "are free. Free some space, or set ONETAKE_MODELS to a folder on another disk."
        )


def _bar(on_bytes: OnBytes) -> type[Any]:
    """What the hub's library takes for a progress bar."""
    bar: type[Any] = import_module("tqdm").tqdm

    class Told(bar):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **{**options, "disable": True})
            on_bytes(options.get("initial", 0) or 0)

        def update(self, n: float | None = 1) -> bool | None:
            on_bytes(int(n or 0))
            return True

    return Told


def _library() -> Any:
    try:
        hub = import_module("huggingface_hub")
        utils = import_module("huggingface_hub.utils")  # since 2.4 it is no part of the package before it is named
        utils.logging.set_verbosity(50)  # what it would log is told as an error, once
        return hub
    except ImportError as error:
        raise EngineError(
            "Fetching models needs the package huggingface_hub, which is not installed. Install it: "
            'python3 build/setup_env.py --extra official, or: pip install "onetake[official]". Or use --from with '
            "a "
            "folder that holds the files."
        ) from error
