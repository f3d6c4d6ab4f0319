"""Names of files and folders as people, systems and accidents make them, and how each looks to a person."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import strategies as st

PLAIN = (
    "cat",
    "dog",
    "eel",
    "fox",
    "gnu",
    "hen",
    "ibis",
    "jay",
    "Möwe",
    "naïve",
    "鳥",
    "птица",
    "نمر",
    "7",
    "007",
    "a b",
    "🦉",
)
"""Names that nobody could object to."""

ODD = (
    *("Mo\u0308we", "e\u0301", "é", "Å", "A\u030a", "\u212b", "가", "\u1100\u1161", "ﬁsh", "fish", "cat²", "cat2"),
    *(
        " cat",
        "cat ",
        "cat\u00a0",
        "a\u00a0b",
        "cat\u200b",
        "\u200bcat",
        "\u200b",
        "cat\u202egnp",
        "\u2066cat\u2069",
        "cat\ufeff",
    ),
    *(
        "می\u200cخواهم",
        "👩\u200d🔬",
        "❤\ufe0f",
        "❤",
        "\u00ad",
        "   ",
        "\u3000",
        "cat\u2028",
        "cat\u0085",
        "cat\ue000",
        "cat\U000e0041",
    ),
    *("caf\udce9", "\udcff", "\udce3\udc81", "M\udc94we"),
    *(
        "CON",
        "nul.txt",
        "a:b",
        "a*b?",
        "<unk>",
        "a|b",
        'a"b',
        "a'b",
        "a\\b",
        "cat.",
        "#1",
        "50%",
        "a%20b",
        "=1+1",
        "*bold*",
        "[x]",
    ),
    *("a\nb", "a\tb", "\x1b[31mred", "a\rb", "\x7f", "-rf", "--help", "~", "~root", "$HOME", "`id`", "%s", "{}", "a,b", "a;b"),
    *(
        "Cat",
        "CAT",
        "1e3",
        "0x1",
        "null",
        "nan",
        "true",
        "None",
        "..cat",
        "cat.png",
        "cat.zip",
        "x" * 255,
        "é" * 127,
        "鳥" * 85,
    ),
)
"""Names that somebody has all the same."""

PARTS = ("train", "Train", "TRAIN", "test", "Test", "testing", "training", "val", "validation", "dev")
"""Names of parts, which classes may have too."""

HIDDEN = (
    *(".hidden", ".git", ".ipynb_checkpoints", ".Trashes", ".Spotlight-V100", ".thumbnails", ".AppleDouble", "__MACOSX"),
    *("@eaDir", "#recycle", "@Recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found"),
)
"""Folders that a system or a program made, and that a person does not see or does not mean."""

SUFFIXES = (
    "png",
    "PNG",
    "jpg",
    "JPG",
    "jpeg",
    "JPEG",
    "jfif",
    "jpe",
    "webp",
    "avif",
    "jp2",
    "tif",
    "TIFF",
    "bmp",
    "gif",
    "ppm",
)
"""Suffixes of pictures that can be read."""

UNREAD = ("heic", "HEIC", "cr2", "svg", "mp4", "txt", "json", "xml", "png.txt", "png~", "png ", "jpg.part", "pngx")
"""Suffixes of files that are left out."""


def _fits(name: str) -> bool:
    return name not in {"", ".", ".."} and len(name.encode("utf-8", "surrogateescape")) <= 255


_letters = st.one_of(
    st.sampled_from("aA1 .-_#%'\"\\\n\u00a0\u200b\u200d\u200e\u202e\u0301\u0308éﬁ鳥🦉\udce9\udcff"),
    st.characters(exclude_categories=("Cs",), exclude_characters="/\0"),
)
made_up = st.text(_letters, min_size=1, max_size=6).filter(_fits)

plain = st.sampled_from(PLAIN)
any_name = st.one_of(plain, st.sampled_from(ODD), made_up)
class_name = st.one_of(plain, plain, plain, st.sampled_from(ODD), st.sampled_from(PARTS), st.sampled_from(HIDDEN), made_up)


FOREIGN = frozenset(name.casefold() for name in HIDDEN if not name.startswith(".")) | {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini", "network trash folder", "temporary items", "found.000"),
    *("lost.dir", "@tmp", "@recently-snapshot", "#snapshot", "~snapshot", "__pycache__"),
}


def is_hidden(name: str) -> bool:
    """Whether a person does not see the file or folder, or knows that a system or program made it."""
    folded = name.casefold()
    return name.startswith(".") or folded in FOREIGN or folded.endswith((".lrdata", ".photoslibrary"))


def is_part(name: str) -> bool:
    """Whether a folder of this name may be a part of a data set."""
    return name.casefold() in {part.casefold() for part in PARTS} | {"valid", "unlabeled", "unlabelled"}


UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
"""Fillers and selectors, which have no look of their own."""


def look(name: str) -> str:
    """What is left of a name for the eye: two names with one look are told apart by no person."""
    seen = "".join(" " if _is_blank(c) else c for c in unicodedata.normalize("NFC", name) if not _is_invisible(c))
    return unicodedata.normalize("NFC", " ".join(seen.split()))


def _is_blank(character: str) -> bool:
    return character.isspace() or character == "\u2800"


def _is_invisible(character: str) -> bool:
    return (unicodedata.category(character) in {"Cf", "Cc"} and not character.isspace()) or character in UNSEEN


def is_unfit(name: str) -> bool:
    """Whether no folder on another system, no store's key and no line of a table could hold this name."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name)


def is_doubtful(name: str) -> bool:
    """Whether a program may refuse this name with good reason."""
    return (
        look(name) != unicodedata.normalize("NFC", name)
        or not look(name)
        or any(unicodedata.category(character)[0] == "C" for character in name)
        or bool(re.search(r'[<>:"|?*\\]|[. ]$', name))
        or unicodedata.normalize("NFKC", name) != unicodedata.normalize("NFC", name)
    )


SPELLED = "\\'\" \u2800" + UNSEEN
"""Characters that a message may write out."""


def is_named(name: str, message: str) -> bool:
    """Whether a message names a file or folder: its visible characters as they are, the others written out somehow."""
    normal = unicodedata.normalize("NFC", name)
    pattern = "".join(re.escape(c) if c.isprintable() and c not in SPELLED else r".{0,10}?" for c in normal)
    return re.search(pattern, unicodedata.normalize("NFC", message), re.DOTALL) is not None


JOINERS = " \u200c\u200d"
"""The plain blank, and characters without a width that Persian, Hindi and emoji are not written without."""


def is_printable(message: str) -> bool:
    """Whether a message can go to any terminal, and hides nothing: no control characters, no blanks but the plain one."""
    return all(
        unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"} or character in JOINERS
        for character in message
    )
