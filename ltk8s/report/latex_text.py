"""Any text as pdfTeX sets it: what LaTeX reads as a command is escaped, what its fonts lack has a command or its number."""

from __future__ import annotations

import unicodedata

from ltk8s.escaping import one_line

SPECIAL = {
    "\\": r"\textbackslash{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
}

MATHS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "ς": "varsigma", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "µ": "mu",
    "×": "times", "±": "pm", "≤": "leq", "≥": "geq", "≠": "neq", "≈": "approx", "·": "cdot", "→": "rightarrow", "√": "surd",
}  # fmt: skip
"""Each the name of a command that needs math mode. The second mu is the micro sign."""

LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"}

ALIKE = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
"""Greek letters that look like Latin ones: TeX has no commands for them."""

MARKS = {
    "−": r"\ensuremath{-}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "\u00a0": "~",
    "\u202f": r"\,",
}

KNOWN = {
    **SPECIAL,
    **{char: f"\\ensuremath{{\\{name}}}" for char, name in MATHS.items()},
    **{char: f"\\{name}{{}}" for char, name in LETTERS.items()},
    **ALIKE,
    **MARKS,
}

ACCENTS = {
    "GRAVE ACCENT": "`",
    "ACUTE ACCENT": "'",
    "CIRCUMFLEX ACCENT": "^",
    "TILDE": "~",
    "MACRON": "=",
    "BREVE": "u",
    "DOT ABOVE": ".",
    "DIAERESIS": '"',
    "RING ABOVE": "r",
    "DOUBLE ACUTE ACCENT": "H",
    "CARON": "v",
    "CEDILLA": "c",
}
"""Unicode's name of an accent → the command that sets it over, or under, a letter."""


def escaped(text: str) -> str:
    """Text as LaTeX takes it, in ASCII. A character that is not known here is set as its number.

    >>> escaped("50 % of a_b")
    '50 \\\\% of a\\\\_b'
    >>> print(escaped("τ = 1 in Zürich, 尾"))
    \\ensuremath{\\tau} = 1 in Z\\"{u}rich, U+5C3E
    """
    return "".join(_escaped(char) for char in unicodedata.normalize("NFC", one_line(text)))


def row_head(text: str) -> str:
    """Text as a row's first cell: the rule or the end of the row above it would take a leading ``[`` or ``*`` as its own."""
    return f"{{}}{escaped(text)}" if text.startswith(("[", "*")) else escaped(text)


def _escaped(char: str) -> str:
    if char in KNOWN:
        return KNOWN[char]
    return char if char.isascii() else _accented(char) or f"U+{ord(char):04X}"


def _accented(char: str) -> str:
    """A Latin letter with one accent; nothing for any other character."""
    parts = unicodedata.normalize("NFD", char)
    accent = ACCENTS.get(unicodedata.name(parts[1]).removeprefix("COMBINING ")) if len(parts) == 2 else None
    letter = parts[0]
    if accent is None or not letter.isascii():
        return ""
    dotless = {"i": r"\i", "j": r"\j"}
    return f"\\{accent}{{{dotless.get(letter, letter)}}}"
