"""Colours that a colour-blind reader tells apart (Okabe and Ito 2008), and what each becomes on a dark page."""

from __future__ import annotations

INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#d8dde3"
PAPER = "#fefefe"

BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
VERMILLION = "#d55e00"
PURPLE = "#cc79a7"
SKY = "#56b4e9"
GREY = "#8b949e"
PALE = "#c3ccd5"

SERIES = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)
"""In the order in which lines and bars take them. No figure needs more: eight lines are not read apart by colour."""

DARK = {
    INK: "#e9edf2",
    MUTED: "#a3adb8",
    GRID: "#343b44",
    PAPER: "#15191e",
    BLUE: "#4fa9e6",
    ORANGE: "#f0b429",
    GREEN: "#2fbf95",
    VERMILLION: "#f07b3f",
    PURPLE: "#dd97c0",
    SKY: "#8fd0f7",
    GREY: "#7d8792",
    PALE: "#4c5660",
}


def dark_rules(scope: str = "") -> str:
    """CSS that recolours a drawing for a dark page; ``scope`` is the selector of what holds it.

    A rule finds its elements by the colour in their ``style``, so the drawing stays plain SVG that any program shows.
    """
    return "\n".join(
        f'{scope} [style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in DARK.items()
        for what in ("fill", "stroke")
    )
