"""Pictures as Pillow writes and reads them: every kind of PNG and JPEG, resized, laid on a ground, made grey."""

import base64
import io
import itertools
import json
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps

rng = np.random.default_rng(0)
WIDTH, HEIGHT = 13, 11


def text(raw):
    return base64.b64encode(bytes(raw)).decode()


def smooth(channels, width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[0:height, 0:width]
    planes = [(x * (k + 3) * 5 + y * (7 - k) * 4 + rng.integers(0, 20, (height, width))) % 256 for k in range(channels)]
    return np.stack(planes, -1).astype(np.uint8)


def saved(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def by_hand(values, depth, colour, interlaced=False, extra=b""):
    """What Pillow does not write: values [height, width, channels] of `depth` bits, with Adam7 if asked."""
    height, width, _ = values.shape
    rows = b""
    for x, y, dx, dy in PASSES if interlaced else [(0, 0, 1, 1)]:
        for row in values[y::dy, x::dx]:
            if row.size == 0:
                continue
            bits = "".join(format(int(v), f"0{depth}b") for v in row.reshape(-1))
            bits += "0" * (-len(bits) % 8)
            rows += b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def read(raw):
    """What Pillow reads, as grey, grey + alpha, RGB or RGBA of bytes."""
    image = Image.open(io.BytesIO(raw))
    clear = "transparency" in image.info
    mode = {"1": "L", "L": "LA" if clear else "L", "LA": "LA", "P": "RGBA" if clear else "RGB", "CMYK": "RGB", "RGBA": "RGBA"}
    mode["RGB"] = "RGBA" if clear else "RGB"
    pixels = np.asarray(image.convert(mode[image.mode]))
    return pixels.reshape(*pixels.shape[:2], -1)


def case(name, raw, pixels=None):
    pixels = read(raw) if pixels is None else pixels
    height, width, channels = pixels.shape
    return dict(name=name, file=text(raw), width=width, height=height, channels=channels, pixels=text(pixels.tobytes()))


def pngs():
    grey, rgb, rgba = (Image.fromarray(smooth(c).squeeze()) for c in (1, 3, 4))
    both = Image.fromarray(smooth(2), "LA")
    for name, image in dict(grey=grey, rgb=rgb, rgba=rgba, grey_alpha=both, one_bit=grey.convert("1")).items():
        yield case(name, saved(image))
    for bits in (1, 2, 4, 8):
        yield case(f"palette of {bits} bits", saved(rgb.quantize(2**bits), bits=bits))
    yield case("palette with tRNS", saved(rgb.quantize(16), transparency=bytes([0, 128, 255] + [200] * 13)))
    yield case("grey with tRNS", saved(grey, transparency=int(np.asarray(grey)[0, 0])))
    yield case("rgb with tRNS", saved(rgb, transparency=tuple(int(v) for v in np.asarray(rgb)[0, 0])))
    for depth, interlaced in itertools.product((1, 2, 4, 8), (False, True)):
        values = rng.integers(0, 2**depth, (HEIGHT, WIDTH, 1))
        yield case(f"grey of {depth} bits{', interlaced' * interlaced}", by_hand(values, depth, 0, interlaced))
    for colour, channels in ((2, 3), (4, 2), (6, 4)):
        yield case(f"colour type {colour}, interlaced", by_hand(smooth(channels), 8, colour, True))
    palette = chunk(b"PLTE", bytes(rng.integers(0, 256, 48).tolist()))
    yield case("palette of 4 bits, interlaced", by_hand(rng.integers(0, 16, (HEIGHT, WIDTH, 1)), 4, 3, True, palette))
    for width, height in ((1, 1), (2, 5), (5, 2)):
        yield case(f"{width}×{height}, interlaced", by_hand(smooth(3, width, height), 8, 2, True))
    for colour, channels in ((0, 1), (2, 3), (4, 2), (6, 4)):
        values = rng.integers(0, 65536, (HEIGHT, WIDTH, channels))
        raw = by_hand(values, 16, colour)
        if colour == 0:
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(raw))), values[..., 0])
        else:
            # Pillow keeps the upper byte of colours.
            assert np.array_equal(read(raw)[..., -1 if channels == 2 else slice(None)], (values >> 8)[..., -1 if channels == 2 else slice(None)])
        yield case(f"colour type {colour} of 16 bits", raw, np.round(values / 257).astype(np.uint8))


def jpegs():
    y, x = np.mgrid[0:31, 0:45]
    planes = [128 + 100 * np.sin(x / 7) * np.cos(y / 9), x * 5 % 256, (x * y) // 6 % 256]
    image = Image.fromarray(np.stack(planes, -1).clip(0, 255).astype(np.uint8))
    for name, subsampling in (("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)):
        yield case(name, saved(image, "JPEG", quality=85, subsampling=subsampling))
    yield case("progressive", saved(image, "JPEG", quality=85, progressive=True))
    yield case("grey", saved(image.convert("L"), "JPEG", quality=85))
    yield case("CMYK", saved(image.convert("CMYK"), "JPEG", quality=85))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        raw = saved(image, "JPEG", quality=85, subsampling=0, exif=exif)
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(raw)))
        yield case(f"orientation {orientation}", raw, np.asarray(turned))


def fit(image, size, name):
    """`ImageOps.fit`, rows before columns: Pillow begins with either, as its sizes are, and rounds between them."""
    ratio = size[0] / size[1]
    wide = image.width / image.height >= ratio
    width, height = (ratio * image.height, image.height) if wide else (image.width, image.width / ratio)
    left, top = (image.width - width) / 2, (image.height - height) / 2
    kernel = Image.Resampling[name.upper()]
    rows = image.resize((size[0], image.height), kernel, box=(left, 0, left + width, image.height))
    fitted = np.asarray(rows.resize(size, kernel, box=(0, top, size[0], top + height)))
    # Where it begins with rows it gives the same bytes.
    if wide:
        assert np.array_equal(fitted, ImageOps.fit(image, size, method=kernel))
    return fitted


def fits():
    images = [Image.fromarray(smooth(c, w, h).squeeze()) for c, w, h in ((3, 61, 47), (1, 40, 40), (3, 9, 30))]
    sizes = [(16, 16), (32, 20), (7, 29), (40, 40)]
    filters = ("box", "bilinear", "bicubic", "lanczos")
    for (i, image), size, name in itertools.product(enumerate(images), sizes, filters):
        yield dict(image=i, width=size[0], height=size[1], filter=name, pixels=text(fit(image, size, name).tobytes()))
    inputs = [dict(width=i.width, height=i.height, channels=len(i.getbands()), pixels=text(i.tobytes())) for i in images]
    yield dict(inputs=inputs)


def colours():
    rgba = smooth(4, 64, 16)
    ground = (200, 30, 90)
    image = Image.fromarray(rgba)
    flat = Image.alpha_composite(Image.new("RGBA", image.size, (*ground, 255)), image).convert("RGB")
    grey = np.asarray(flat.convert("L"))
    return dict(width=64, height=16, rgba=text(rgba), ground=ground, flat=text(flat.tobytes()), grey=text(grey.tobytes()))


*fitted, inputs = fits()
fixture = dict(pillow=PIL.__version__, pngs=list(pngs()), jpegs=list(jpegs()), fits=fitted, **inputs, colours=colours())
with open("fixtures/pictures.json", "w") as file:
    json.dump(fixture, file, indent=0)
    file.write("\n")
