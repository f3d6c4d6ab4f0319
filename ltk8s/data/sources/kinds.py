"""What kind of file a name stands for: an image that can be read, or what is left out, counted by kind and said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

ARCHIVES = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst", ".lz", ".z", ".7z", ".rar")
"""Suffixes of archives, read or not."""

PHOTOS = frozenset(
    {".heic", ".heif", ".hif", ".jxl"}
    | {".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".orf", ".rw2", ".raf", ".rwl", ".pef"}
    | {".srw", ".x3f", ".3fr", ".erf", ".kdc", ".mrw"}
)
"""Suffixes of photos that Pillow does not read."""

OTHER_PICTURES = PHOTOS | {
    ".jxr",
    ".svg",
    ".svgz",
    ".ai",
    ".eps",
    ".xcf",
    ".kra",
    ".exr",
    ".hdr",
    ".raw",
    ".dcm",
    ".nii",
    ".svs",
    ".ndpi",
    ".czi",
}
"""Suffixes of all pictures that Pillow does not read: photos, drawings, scans."""

NOT_DOWNLOADED = ".icloud"
"""Of the hidden file that stands for one that is still in iCloud."""

HIDDEN = "hidden"
PLACEHOLDER = "hidden (not downloaded from iCloud)"
OUTSIDE = "in no class folder"
NOWHERE = "links that lead nowhere"
LINKS = "links"
SPECIAL = "pipes, sockets or devices"
REPLACED = "replaced by a later file of the same name"
NO_SUFFIX = "without a suffix"

OTHER_SYSTEMS = frozenset(
    {
        "__macosx",
        "network trash folder",
        "temporary items",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "picasa.ini",
        "$recycle.bin",
        "system volume information",
        "found.000",
        "lost.dir",
        "lost+found",
        "@eadir",
        "@tmp",
        "@recycle",
        "@recently-snapshot",
        "#recycle",
        "#snapshot",
        "~snapshot",
        "__pycache__",
    }
)
"""Files and folders that macOS, Windows, Android, Linux, network storage and Python put beside data, in lower case."""

OTHER_SYSTEMS_SUFFIXES = (".lrdata", ".photoslibrary")
"""Folders in which photo managers keep previews."""

NO_PICTURES = frozenset({"EPS", "GBR", "IPTC", "MPEG", "PCD"})
"""Formats that Pillow knows and whose suffix stands for something else: pages, circuit boards, notes, films, point clouds."""

SHOWN = 8
"""Kinds that are named in a sentence."""


@cache
def image_suffixes() -> frozenset[str]:
    """The suffixes of the images that Pillow can decode here, in lower case."""
    from PIL import Image, ImageFile, features

    Image.init()
    can = {
        name
        for name, (factory, _) in Image.OPEN.items()
        if name not in NO_PICTURES and not (isinstance(factory, type) and issubclass(factory, ImageFile.StubImageFile))
    }
    can.add("MPO")  # read as a JPEG
    if not features.check("jpg_2000"):
        can.discard("JPEG2000")
    return frozenset(suffix for suffix, name in Image.registered_extensions().items() if name in can)


def suffix_of(path: str) -> str:
    """A file's suffix in lower case, empty where there is none.

    >>> suffix_of("cat/IMG_1.JPG"), suffix_of("a.b/c"), suffix_of("v1.5")
    ('.jpg', '', '')
    """
    found = re.search(r"[^/](\.(?=[0-9]*[a-z])[a-z0-9]{1,12})\Z", path.lower())
    return found[1] if found else ""


def is_image(path: str) -> bool:
    """Whether a file's name is that of an image that can be decoded."""
    return suffix_of(path) in image_suffixes()


def is_photo(path: str) -> bool:
    """Whether a file's name is that of an image, or of a photo that should be one and cannot be decoded."""
    return is_image(path) or suffix_of(path) in PHOTOS


def is_foreign(part: str) -> bool:
    """Whether a file or folder is what another system or program put beside the data."""
    return part.casefold() in OTHER_SYSTEMS or part.lower().endswith(OTHER_SYSTEMS_SUFFIXES)


def nobodys(path: str) -> str | None:
    """The kind of a file or folder that is nobody's data, by its path: hidden, or of another system. None for all others.

    >>> nobodys("cat/.DS_Store"), nobodys("cat/@eaDir/1.jpg/M.jpg"), nobodys("cat/1.png")
    ('hidden', 'in @eaDir', None)
    """
    *folders, name = path.split("/")
    for part in (*folders, name):
        if is_foreign(part):
            return part if part is name else f"in {part}"
        if part.startswith("."):
            return PLACEHOLDER if name.lower().endswith(NOT_DOWNLOADED) else HIDDEN
    return None


def left_out_as(path: str) -> str:
    """The kind of a file that is left out by its name."""
    return nobodys(path) or suffix_of(path) or NO_SUFFIX


def describe(left_out: Mapping[str, int], *, remarks: bool = True) -> str:
    """What was left out, for a sentence: the commonest kinds, those with a remark first.

    >>> describe({".txt": 2, ".heic": 18, "in @eaDir": 36})
    '18 .heic (pictures that are not read: convert them to JPEG or PNG), 36 in @eaDir, 2 .txt'
    """
    kinds = sorted(left_out, key=lambda kind: (not _remark(kind), -left_out[kind], kind))
    shown = ", ".join(f"{left_out[kind]:,} {kind}{_remark(kind) if remarks else ''}" for kind in kinds[:SHOWN])
    rest = sum(left_out[kind] for kind in kinds[SHOWN:])
    return f"{shown} and {rest:,} of other kinds" if rest else shown


def _remark(kind: str) -> str:
    if kind in ARCHIVES:
        return " (archives inside are not read: unpack them)"
    if kind in OTHER_PICTURES:
        return " (pictures that are not read: convert them to JPEG or PNG)"
    return ""
