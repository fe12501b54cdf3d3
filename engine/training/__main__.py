"""`python -m engine.training`: the front door of training; the commands are in commands.py."""

from __future__ import annotations

from engine.threads import sleep_at_barriers


def main() -> None:
    """Run a command; beside the processes that make its data, threads must sleep while they wait."""
    sleep_at_barriers()
    from engine.training.commands import app  # noqa: PLC0415 (imports torch, which reads how to wait)

    app()


if __name__ == "__main__":
    main()
