"""Tar archives in all their formats."""

from __future__ import annotations

import io
import tarfile

from hypothesis import strategies as st

from tests.data.fuzz.names import is_hidden
from tests.data.fuzz.packed import Draw, Members, Packed, apply, damage, members
from tests.data.fuzz.person import SOURCE, Tree
from tests.data.fuzz.trees import trees

SUFFIXES = (".tar", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".TAR.GZ")
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
KINDS = {
    "symbolic link": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "pipe": tarfile.FIFOTYPE,
    "device": tarfile.CHRTYPE,
    "more than there is": tarfile.REGTYPE,
}
LATIN_1 = "iso-8859-1"


@st.composite
def tars(draw: Draw) -> Packed:
    """A tar archive, and what a person sees who unpacks it."""
    tree = draw(trees(links=False))
    every = members(draw, tree)
    how = [apply(draw, tree, every)]
    extra = _special(draw, tree) if draw(st.integers(0, 4)) == 4 else None
    how.append(extra.name if extra else "")
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", LATIN_1)))
    form = draw(st.sampled_from([*FORMATS]))
    if encoding == LATIN_1:
        form, encoding = _old(tree, every, form)
    if form == "ustar" and not all(_fits_ustar(name) for name, _ in every):
        form = "gnu"
    sparse = form == "pax" and draw(st.booleans())
    suffix = draw(st.sampled_from(SUFFIXES))
    content = _pack(every, extra, form, encoding, suffix, sparse)
    how += [form, encoding, "sparse" if sparse else ""]
    return Packed(tree, suffix, damage(draw, tree, content), " ".join(how))


def _special(draw: Draw, tree: Tree) -> tarfile.TarInfo | None:
    """A member that is not a file: it cannot be a picture, so it is refused, or counted where it does not claim to be one."""
    if not tree.shown:
        return None
    target = draw(st.sampled_from(tree.shown))
    kind = draw(st.sampled_from([*KINDS]))
    name = draw(st.sampled_from(("special.png", "special")))
    member = tarfile.TarInfo(f"{target.rpartition('/')[0]}/{name}")
    member.type = KINDS[kind]
    member.linkname = target if kind == "hard link" else target.rpartition("/")[2]
    if kind == "more than there is":
        member.size = 3 << 30
        tree.faults.append((name, SOURCE))
    elif name == "special.png" and "link" in kind:
        tree.faults.append((name,))
    else:
        tree.doubts.append(name)
        tree.left_out += 1
    return member


def _old(tree: Tree, every: Members, form: str) -> tuple[str, str]:
    """An archive of a time and place where names were not UTF-8: its format and encoding, where they have its names."""
    try:
        for name, _ in every:
            name.encode(LATIN_1)
    except UnicodeEncodeError:
        return form, "utf-8"
    for _, name in tree.folders:
        if not name.isascii() and not is_hidden(name):
            tree.faults.append((name.encode(LATIN_1).decode("utf-8", "surrogateescape"), SOURCE))
    if not all(path.isascii() for path in tree.entries):
        tree.doubts.append(SOURCE)
    return "gnu" if form == "pax" else form, LATIN_1


def _fits_ustar(name: str) -> bool:
    return len(name.encode("utf-8", "surrogateescape")) < 99


def _pack(every: Members, extra: tarfile.TarInfo | None, form: str, encoding: str, suffix: str, sparse: bool) -> bytes:
    file = io.BytesIO()
    mode = {".gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", ".xz": "w:xz"}.get(suffix.lower()[-3:], "w")
    level = {"compresslevel": 1} if mode in {"w:gz", "w:bz2"} else {"preset": 0} if mode == "w:xz" else {}
    with tarfile.open(
        fileobj=file, mode=mode, format=FORMATS[form], encoding=encoding, errors="surrogateescape", **level
    ) as archive:
        for name, entry in every:
            member = tarfile.TarInfo(name)
            if entry is None:
                member.type = tarfile.DIRTYPE
                archive.addfile(member)
            elif sparse and len(name.encode("utf-8", "surrogateescape")) < 90:
                archive.addfile(*_sparse(name, entry))
            else:
                member.size = len(entry)
                archive.addfile(member, io.BytesIO(entry))
        if extra:
            archive.addfile(extra)
    return file.getvalue()


def _sparse(name: str, content: bytes) -> tuple[tarfile.TarInfo, io.BytesIO]:
    """A file with a map of where its data lies, as GNU tar writes those with holes (its format 1.0)."""
    places = f"1\n0\n{len(content)}\n".encode().ljust(512, b"\0")
    member = tarfile.TarInfo(f"GNUSparseFile.0/{len(name)}")
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(len(content)),
    }
    member.size = len(places) + len(content)
    return member, io.BytesIO(places + content)
