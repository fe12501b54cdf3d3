"""What any Python callback suffers: a JACK client that copies silence, and tells its late blocks when asked."""

from __future__ import annotations

import sys

import jack
import numpy as np

jack.set_error_function(lambda _text: None)
jack.set_info_function(lambda _text: None)


def main() -> None:
    """Run until the input ends."""
    client = jack.Client("bare", no_start_server=True)
    port = client.outports.register("out")
    silence = np.zeros(client.blocksize, np.float32)
    counts = {"blocks": 0, "late": 0}

    @client.set_process_callback
    def process(_frames: int) -> None:
        port.get_array()[:] = silence
        counts["blocks"] += 1

    @client.set_xrun_callback
    def late(_delay: float) -> None:
        counts["late"] += 1

    with client:
        for _ in sys.stdin:
            sys.stdout.write(f"{counts['blocks']} {counts['late']}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
