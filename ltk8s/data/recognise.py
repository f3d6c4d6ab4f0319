"""What a file is that Pillow does not read, since its suffix often says something else."""

from __future__ import annotations

HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

POSTSCRIPT = (b"%!PS", b"\xc5\xd0\xd3\xc6")

STARTS = {
    b"version https://git-lfs": "a pointer of Git LFS: run `git lfs pull`",
    **dict.fromkeys(POSTSCRIPT, "PostScript: convert it to PNG"),
    b"%PDF": "a PDF: convert its pages to PNG",
    b"\xff\x0a": "a JPEG XL image: convert it to JPEG",
    b"\0\0\0\x0cJXL ": "a JPEG XL image: convert it to JPEG",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
}

TEXTS = {
    b"<!doctype html": "a web page: fetch the image itself",
    b"<html": "a web page: fetch the image itself",
    b"<svg": "SVG",
}


def recognise(data: bytes) -> str:
    """Say what an encoded file is that is not an image for Pillow, as far as its first bytes tell; ``""`` where they do not.

    >>> recognise(b""), recognise(b"<!DOCTYPE html><html>"), recognise(b"%%%")
    ('it is empty', 'it is a web page: fetch the image itself', '')
    """
    if not data:
        return "it is empty"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF:
        return "it is an HEIC image, which is not read: convert it to JPEG"
    if absent := _without_decoder(data):
        return f"it is {absent}, which this Pillow cannot decode: install one that can, or convert it to JPEG"
    beginning = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    found = [what for start, what in STARTS.items() if data.startswith(start)]
    found += [what for start, what in TEXTS.items() if beginning.startswith(start)]
    return f"it is {found[0]}" if found else ""


def _without_decoder(data: bytes) -> str:
    """The format of an image whose decoder this Pillow was built without; ``""`` for any other."""
    from PIL import features

    formats = {
        "avif": ("AVIF", data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis")),
        "webp": ("WebP", data[:4] == b"RIFF" and data[8:12] == b"WEBP"),
        "jpg_2000": ("JPEG 2000", data.startswith((b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"))),
    }
    return next((name for codec, (name, found) in formats.items() if found and not features.check(codec)), "")
