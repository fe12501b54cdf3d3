"""JACK clients that play notes to Onetake at random frames and print by how many frames the latest sound was late.

One sends and another listens: a client that did both would make a circle, in which JACK itself adds a block.
"""

from __future__ import annotations

import threading

import jack
import numpy as np

NOTES = 50
SPACING = 9_600


def main() -> None:
    """Play, listen, print."""
    sender = jack.Client("bench-note", no_start_server=True)
    listener = jack.Client("bench-ear", no_start_server=True)
    midi, ear = sender.midi_outports.register("midi"), listener.inports.register("ear")
    draw = np.random.default_rng(2)
    begin = sender.last_frame_time + 24_000
    due = [begin + number * SPACING + int(draw.integers(0, 2_000)) for number in range(NOTES)]
    waiting, late, done = list(due), [], threading.Event()

    @sender.set_process_callback
    def send(frames: int) -> None:
        midi.clear_buffer()
        now = sender.last_frame_time
        while waiting and waiting[0] < now + frames:
            midi.write_midi_event(max(waiting.pop(0) - now, 0), (0x90, 36, 127))

    @listener.set_process_callback
    def listen(frames: int) -> None:
        now = listener.last_frame_time
        heard = np.flatnonzero(ear.get_array())
        if len(late) < NOTES and heard.size and now + int(heard[-1]) >= due[len(late)]:
            late.append(now + int(heard[0]) - due[len(late)])
        if len(late) == NOTES or now > due[-1] + SPACING:
            done.set()

    with sender, listener:
        listener.connect("Onetake:out_1", ear)
        sender.connect(midi, "Onetake:midi_in")
        done.wait(120)
    print(max(late) if len(late) == NOTES else -1)


if __name__ == "__main__":
    main()
