"""How a report writes its numbers: a reader compares them at a glance, and finds the exact counts beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ltk8s.report.cell import Contrast
from ltk8s.report.row import Interval
from ltk8s.spec.ranking import Difference

NONE = "–"


def points(difference: float) -> str:
    """A difference of fractions in points, signed.

    >>> points(0.0634), points(-0.002)
    ('+6.3', '−0.2')
    """
    return f"{100 * difference:+.1f}".replace("-", "−")


def size(difference: float) -> str:
    """A difference in points without its sign."""
    return f"{100 * abs(difference):.1f}"


def interval_points(interval: Interval) -> str:
    return f"{points(interval[0])} to {points(interval[1])}"


def fraction(value: float) -> str:
    """An accuracy as tables have it.

    >>> fraction(0.7772)
    '.777'
    """
    return f"{value:.3f}".removeprefix("0")


def interval_fractions(interval: Interval) -> str:
    return f"{fraction(interval[0])}–{fraction(interval[1])}"


def p_value(p: float) -> str:
    """
    >>> p_value(0.0123), p_value(1e-9)
    ('.012', '<.001')
    """
    return "<.001" if p < 0.001 else fraction(p)


def millions(parameters: int) -> str:
    return f"{parameters / 1e6:.2f} M"


def multiply_adds(number: int | None) -> str:
    """Multiply-adds of one image, in billions."""
    return NONE if number is None else f"{number / 1e9:.2f} G"


def seconds(value: float) -> str:
    return f"{value:,.0f} s"


def times(factor: float) -> str:
    return f"{factor:.1f} ×"


def networks(archs: Sequence[str], *, short: bool = False) -> str:
    """Some networks, each once with how often it occurs.

    ``short`` leaves out what the study's own networks have in common; a legend then gives the full names.

    >>> networks(["tf_efficientnet_lite0"] * 2 + ["resnet50"], short=True)
    '2 × lite0 + resnet50'
    """
    counts = Counter(archs)
    names = {arch: short_network(arch) if short else arch for arch in counts}
    return " + ".join(f"{n} × {names[arch]}" if n > 1 else names[arch] for arch, n in counts.items())


def short_network(arch: str) -> str:
    """
    >>> short_network("tf_efficientnet_lite0"), short_network("efficientnet_b2"), short_network("resnet50")
    ('lite0', 'b2', 'resnet50')
    """
    return arch.removeprefix("tf_").removeprefix("efficientnet_")


def seeds(number: int) -> str:
    return "1 seed" if number == 1 else f"{number} seeds"


def hours(value: float) -> str:
    """Device-hours; short ones in minutes.

    >>> hours(2.345), hours(0.1)
    ('2.3 h', '6 min')
    """
    return f"{value:.1f} h" if value >= 1 else f"{60 * value:.0f} min"


def ratio(value: float | None) -> str:
    return "full" if value is None else f"{value:g}"


def at(value: float | None) -> str:
    """A ratio in a sentence.

    >>> at(None), at(0.02)
    ('Full', 'ratio 0.02')
    """
    return "Full" if value is None else f"ratio {ratio(value)}"


def gain(found: Contrast | Difference) -> str:
    """A difference in points with its interval."""
    return f"{points(found.difference)} [{interval_points(found.interval)}]"
