import errno
import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ltk8s.data.decode import WORTH_PROCESSES, Decoded, Undecodable, decode, decode_all, decode_named

GREEN = np.full((6, 4, 3), (10, 200, 30), np.uint8)


def encode(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def colour(decoded):
    return decoded.pixels[0, 0].tolist()


def test_rgb_stays_as_it_is():
    decoded = decode(encode(Image.fromarray(GREEN)))
    assert np.array_equal(decoded.pixels, GREEN)
    assert decoded.converted == ()


def test_equal_pixels_have_equal_hashes_in_any_format():
    assert decode(encode(Image.fromarray(GREEN))).sha256 == decode(encode(Image.fromarray(GREEN), "BMP")).sha256


@pytest.mark.parametrize(
    ("image", "options", "expected", "kind"),
    [
        (Image.new("L", (4, 6), 77), {}, [77, 77, 77], "grey"),
        (Image.new("1", (4, 6), 1), {}, [255, 255, 255], "grey"),
        (Image.new("RGBA", (4, 6), (255, 0, 0, 0)), {}, [255, 255, 255], "alpha"),
        (Image.new("RGBA", (4, 6), (255, 0, 0, 51)), {}, [255, 204, 204], "alpha"),
        (Image.new("LA", (4, 6), (0, 255)), {}, [0, 0, 0], "alpha"),
        (Image.new("RGB", (4, 6), (1, 2, 3)), {"transparency": (1, 2, 3)}, [255, 255, 255], "alpha"),
        (Image.new("RGB", (4, 6), (1, 2, 3)).quantize(2), {}, [1, 2, 3], "palette"),
        (Image.fromarray(np.full((6, 4), 40 * 257, np.uint16)), {}, [40, 40, 40], "16-bit"),
    ],
    ids=["grey", "one bit", "transparent", "half transparent", "grey with alpha", "colour key", "palette", "16-bit grey"],
)
def test_other_kinds_become_rgb_and_are_named(image, options, expected, kind):
    decoded = decode(encode(image, **options))
    assert (colour(decoded), decoded.converted) == (expected, (kind,))


def test_cmyk_becomes_rgb():
    decoded = decode(encode(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG", quality=100))
    assert decoded.converted == ("CMYK",)
    assert np.allclose(colour(decoded), [0, 255, 255], atol=3)


def test_16_bit_colour_is_named():
    header, rows = (2, 1, 16, 2), b"\x00" + b"\xff\x00\x80\x00\x00\x00" * 2
    assert decode(png(header, rows)).converted == ("16-bit",)


def test_floating_point_pixels_are_refused():
    with pytest.raises(ValueError, match="floating-point"):
        decode(encode(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"))


@pytest.mark.parametrize(("orientation", "corner"), [(1, [0, 0]), (3, [5, 3]), (6, [5, 0]), (8, [0, 3])])
def test_exif_turns_an_image_upright(orientation, corner):
    image = Image.fromarray(np.arange(24, dtype=np.uint8).reshape(6, 4)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(image, exif=exif))
    assert colour(decoded)[0] == 4 * corner[0] + corner[1]
    assert decoded.pixels.shape == ((4, 6, 3) if orientation >= 5 else (6, 4, 3))
    assert ("turned upright" in decoded.converted) == (orientation > 1)


def test_an_unreadable_exif_is_ignored():
    assert decode(encode(Image.fromarray(GREEN), "JPEG", exif=b"Exif\x00\x00nonsense")).pixels.shape == GREEN.shape


def test_of_an_animation_the_first_frame_counts():
    frames = [Image.new("P", (4, 4), index) for index in (0, 1)]
    for frame in frames:
        frame.putpalette([9, 9, 9, 200, 200, 200])
    decoded = decode(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert colour(decoded) == [9, 9, 9]
    assert "first of several frames" in decoded.converted


def test_size_cuts_the_centre_of_the_scaled_image():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    decoded = decode(encode(Image.fromarray(wide)), (10, 10))
    assert (decoded.pixels == 255).all()
    assert decoded.converted == ("resized",)


def test_scaling_down_averages_instead_of_picking_pixels():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(decode(encode(Image.fromarray(stripes)), (8, 8)).pixels.astype(int) - 127).max() < 16


def test_an_image_of_the_wanted_size_is_untouched():
    square = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    decoded = decode(encode(Image.fromarray(square)), (8, 8))
    assert np.array_equal(decoded.pixels, square)
    assert decoded.converted == ()


def test_enlarging_is_named():
    assert decode(encode(Image.fromarray(GREEN)), (8, 8)).converted == ("enlarged",)


def test_a_large_jpeg_keeps_its_colours_when_scaled():
    image = Image.fromarray(np.full((400, 600, 3), (10, 200, 30), np.uint8))
    assert np.allclose(colour(decode(encode(image, "JPEG", quality=95), (16, 16))), [10, 200, 30], atol=4)


@pytest.mark.parametrize("content", [b"", b"no image", encode(Image.fromarray(GREEN))[:45]], ids=["empty", "text", "cut"])
def test_a_broken_file_is_an_answer(content):
    answer = decode_named(lambda name: content, "x.png", None)
    assert isinstance(answer, Undecodable)
    assert answer.why


def test_a_cut_jpeg_is_broken():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    content = encode(noise, "JPEG")
    assert isinstance(decode_named(lambda name: content[: len(content) // 2], "x.jpg", None), Undecodable)


def test_an_image_that_claims_to_be_enormous_is_broken():
    claim = png((60_000, 60_000, 8, 2), b"")
    assert "too large: 3,600 megapixels, and 268 are read at most" in decode_named(lambda name: claim, "x.png", None).why


def test_pixels_need_no_decoding():
    assert np.array_equal(decode_named(lambda name: GREEN, "x", None).pixels, GREEN)


def test_many_images_are_decoded_by_processes_in_order():
    names = [str(number) for number in range(WORTH_PROCESSES)]
    answers = list(decode_all(numbered, names, None))
    assert [int(answer.pixels[0, 0, 0]) for answer in answers] == [number % 256 for number in range(WORTH_PROCESSES)]
    assert all(isinstance(answer, Decoded) for answer in answers)


def test_processes_end_when_nobody_takes_their_answers():
    answers = decode_all(numbered, [str(number) for number in range(WORTH_PROCESSES)], None)
    next(answers)
    answers.close()
    assert list(answers) == []


def numbered(name):
    return np.full((1, 1, 3), int(name) % 256, np.uint8)


def png(header, rows):
    """A PNG file from (width, height, bits, colour type) and its uncompressed rows."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", *header, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(rows)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(("width", "height", "kind"), [(40, 30, "resized"), (12, 30, "enlarged"), (60, 9, "enlarged")])
def test_a_rectangle_is_filled_and_its_centre_kept(width, height, kind):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, width // 2 - 1 : width // 2 + 1] = 255
    decoded = decode(encode(Image.fromarray(pixels)), (16, 10))
    assert decoded.pixels.shape == (10, 16, 3)
    assert decoded.pixels[5, 7:9].min() > 40
    assert decoded.pixels[5, [0, 15]].max() < 40
    assert decoded.converted == (kind,)


def test_an_image_that_lies_on_its_side_is_judged_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encode(Image.new("RGB", (8, 20)), "JPEG", exif=exif), (16, 8)).converted == ("turned upright", "resized")


def test_what_is_no_image_is_called_that():
    assert decode_named(lambda name: b"not an image", "x.png", None).why == "it is not an image that can be read"


def test_a_picture_of_a_phone_with_200_megapixels_is_read():
    """Pillow by itself refuses 179 megapixels and more."""
    content = encode(Image.new("L", (16320, 12240), 90), "JPEG", quality=30)
    decoded = decode(content, (16, 16))
    assert decoded.converted == ("grey", "resized")
    assert np.allclose(colour(decoded), 90, atol=2)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))  # for everybody else its limit holds


@pytest.mark.parametrize("kind", ["text", "packed text", "colour profile"])
def test_what_a_png_holds_beside_its_pixels_is_no_reason_to_refuse_it(kind):
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", "x" * (70_000_000 if kind == "text" else 2_000_000), zip=kind == "packed text")
    options = {"icc_profile": bytes(2_000_000)} if kind == "colour profile" else {"pnginfo": info}
    assert np.array_equal(decode(encode(Image.fromarray(GREEN), **options)).pixels, GREEN)


@pytest.mark.parametrize(
    ("bits", "value", "expected"), [(None, 65535, 255), (None, 4095, 16), (12, 4095, 255), (12, 2048, 128), (16, 4095, 16)]
)
def test_bits_say_which_value_is_white(bits, value, expected):
    content = encode(Image.fromarray(np.full((6, 4), value, np.uint16)))
    decoded = decode(content, bits=bits)
    assert (colour(decoded)[0], decoded.used_bits, decoded.dark) == (expected, value.bit_length(), expected < 64)


def test_values_of_32_bits_are_scaled_as_well():
    content = encode(Image.fromarray(np.array([[0, 100, 255]], np.int32)), "TIFF")
    assert decode(content, bits=8).pixels[0, :, 0].tolist() == [0, 100, 255]
    assert decode(content).dark


def test_black_is_not_nearly_black():
    assert not decode(encode(Image.new("L", (4, 4), 0))).dark
    assert not decode(encode(Image.fromarray(np.zeros((4, 4), np.uint16)))).dark


def test_values_that_the_bits_cannot_hold_are_refused():
    content = encode(Image.fromarray(np.full((6, 4), 5000, np.uint16)))
    with pytest.raises(ValueError, match=r"values up to 5,000, which take more than 12 bits \(--bits 13\)"):
        decode(content, bits=12)


def test_colours_of_16_bits_cannot_be_scaled():
    with pytest.raises(ValueError, match="only the upper 8 of 16 bits are read"):
        decode(png((2, 1, 16, 2), b"\x00" + b"\x0f\x00\x08\x00\x00\x00" * 2), bits=12)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "it is an HEIC image, which is not read: convert it to JPEG"),
        (b"\n<HTML><body>404", "it is a web page: fetch the image itself"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of Git LFS: run `git lfs pull`"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is PostScript: convert it to PNG"),
    ],
)
def test_what_is_not_an_image_is_recognised(content, said):
    assert decode_named(lambda name: content, "x.jpg", None).why == said


def test_a_jpeg_may_be_called_png():
    content = encode(Image.fromarray(GREEN), "JPEG", quality=100, subsampling=0)
    assert np.allclose(decode_named(lambda name: content, "x.png", None).pixels, GREEN, atol=3)


def test_a_file_that_cannot_be_read_is_not_called_broken(tmp_path):
    answer = decode_named(lambda name: (tmp_path / name).read_bytes(), "gone.png", None)
    assert (answer.why, answer.error.errno) == ("no such file or directory", errno.ENOENT)


def test_a_tiff_that_lies_on_its_side_is_named():
    """Pillow itself turns it while it is read."""
    decoded = decode(encode(Image.new("RGB", (8, 20)), "TIFF", tiffinfo={0x0112: 6}), (16, 8))
    assert decoded.converted == ("turned upright", "resized")


@pytest.mark.parametrize("format", ["AVIF", "WEBP", "JPEG2000"])
def test_a_broken_image_is_not_blamed_on_a_decoder_that_is_there(format):
    content = encode(Image.fromarray(GREEN), format)[:24]
    answer = decode_named(lambda name: content, "x.png", None)
    assert isinstance(answer, Undecodable)
    assert "this Pillow cannot decode" not in answer.why
