"""The figures as a picture."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.figures import SCENARIOS, Figures


_SHOWN = ("create", "plan", "one", "all")
_ROWS = {"calls": "calls", "seconds": "seconds"}
_STYLES = {
    "reconcile": ("#0a7d4f", "o", "-"),
    "reconcile-calls": ("#0a7d4f", "^", ":"),
    "reconcile-import": ("#0a7d4f", "v", "--"),
    "terraform-body": ("#b07aff", "s", "-"),
    "terraform-objects": ("#5c3fb3", "D", "-"),
}


def draw(figures: Figures, file: Path) -> None:
    """Calls and seconds of each tool by the size of the API, one panel for each scenario, as a PNG."""
    mpl.use("Agg")
    size = (3.2 * len(_SHOWN), 6)
    canvas, panels = plt.subplots(len(_ROWS), len(_SHOWN), figsize=size, sharex=True, sharey="row")
    for row, (what, label) in enumerate(_ROWS.items()):
        for column, scenario in enumerate(_SHOWN):
            panel = panels[row][column]
            _lines(panel, figures, scenario, what)
            if row == 0:
                panel.set_title(SCENARIOS[scenario], fontsize=10)
            if column == 0:
                panel.set_ylabel(label)
            if row == len(_ROWS) - 1:
                panel.set_xlabel("endpoints")
    handles, labels = panels[0][0].get_legend_handles_labels()
    canvas.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    canvas.tight_layout(rect=(0, 0.06, 1, 1))
    file.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(file, dpi=120, metadata={"Software": None})
    plt.close(canvas)


def _lines(panel: Axes, figures: Figures, scenario: str, what: str) -> None:
    sizes = sorted({size for _, size, _ in figures.by_key})
    for tool in dict.fromkeys(tool for tool, _, _ in figures.by_key):
        points = [(size, found) for size in sizes if (found := figures.get(tool, size, scenario))]
        colour, marker, line = _STYLES.get(tool, ("#888888", "x", "-"))
        panel.plot(
            [size for size, _ in points],
            [getattr(found, what) for _, found in points],
            color=colour,
            marker=marker,
            linestyle=line,
            label=tool,
        )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xticks(sizes, [str(size) for size in sizes])
    panel.minorticks_off()
    panel.grid(visible=True, alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
