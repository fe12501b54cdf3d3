"""Draws the README's picture: drafts above their refinements, as spectrograms of what is heard.

`.venv/bin/python build/picture.py docs/drafts.png`, after `python3 build/setup_env.py --extra docs`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes

mpl.use("Agg")
from matplotlib import pyplot as plt

from engine.local import Ask, Engine, plan
from presets.schema import with_steps
from presets.sound import Sound

PROMPTS = ("deep cinematic boom", "small glass bell", "laser zap", "footsteps on gravel", "rain on a tin roof")
STEPS = (1, 16)


def main(path: Path) -> None:
    """Render and draw."""
    engine = Engine("starter", "cpu")
    figure, axes = plt.subplots(len(STEPS), len(PROMPTS), figsize=(13, 4.4), sharey=True, layout="constrained")
    for column, prompt in enumerate(PROMPTS):
        recipe = plan(Ask(prompt, seed=5031))[0]
        for row, steps in enumerate(STEPS):
            made = engine.make(with_steps(recipe, steps))
            likeness = "" if made.version.identity is None else f", {made.version.identity:.2f} like it"
            draw(axes[row, column], made.heard)
            axes[row, column].set_title(
                prompt if steps == 1 else f"{steps} steps{likeness}", fontsize=9, color="#d8dee9"
            )
    axes[0, 0].set_ylabel("draft\nkHz", color="#d8dee9")
    axes[1, 0].set_ylabel("refined\nkHz", color="#d8dee9")
    figure.savefig(path, dpi=90, facecolor="#14171c")


def draw(axis: Axes, sound: Sound) -> None:
    """One spectrogram, 0 to 16 kHz, 80 dB below its loudest cell."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound.samples[0], 1024), 2048)[::256]
    level = 20 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(2048))) + 1e-9).T
    extent = (0, sound.seconds, 0, sound.rate / 2000)
    axis.imshow(level - level.max(), vmin=-80, vmax=0, origin="lower", aspect="auto", cmap="magma", extent=extent)
    axis.set_ylim(0, 16)
    axis.tick_params(colors="#7b8494", labelsize=7)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
