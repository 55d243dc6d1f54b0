"""Pictures drawn anew: nothing of a file is kept but what it shows.

Where it was taken, with which camera, an earlier version in its thumbnail, a second
file behind its end: all that stays behind when only the pixels are written again.
"""

from __future__ import annotations

import io
import threading

from PIL import Image, ImageFile, ImageOps

from core.words import _

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
JPEG, PNG = "image/jpeg", "image/png"
QUALITY, THUMBNAIL = 88, (360, 360)
_one_at_a_time = threading.Lock()
"""A picture takes many times its file's size of memory while it is drawn."""


class NotKept(ValueError):
    """The file cannot be kept; the sentence says why."""


def redrawn(body: bytes, megapixels: int) -> tuple[str, bytes, bytes]:
    """Media type, bytes and thumbnail of a picture, the right way up."""
    with _one_at_a_time:
        ImageFile.LOAD_TRUNCATED_IMAGES = False  # the printer's library turns it on
        try:
            with Image.open(io.BytesIO(body), formats=FORMATS) as image:
                if image.width * image.height > megapixels * 1_000_000:
                    raise _too_large(megapixels)
                return _drawn(image)
        except NotKept:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large(megapixels) from None
        except Exception as error:  # a decoder may fail in any way it likes
            raise NotKept(_("The picture is damaged or not complete.")) from error


def _too_large(most: int) -> NotKept:
    words = _("The picture has more than {n} million pixels; make it smaller.", n=most)
    return NotKept(words)


def _drawn(image: Image.Image) -> tuple[str, bytes, bytes]:
    clear = image.has_transparency_data
    media = PNG if clear or image.format in ("PNG", "GIF") else JPEG
    ImageOps.exif_transpose(image, in_place=True)
    mode = "RGBA" if clear else "L" if image.mode in ("1", "L") else "RGB"
    drawn = image if image.mode == mode else image.convert(mode)
    drawn.info = {}
    body = _written(drawn, media)
    drawn.thumbnail(THUMBNAIL)
    if clear:
        sheet = Image.new("RGB", drawn.size, "white")
        sheet.paste(drawn, mask=drawn)
        drawn = sheet
    return media, body, _written(drawn, JPEG)


def _written(image: Image.Image, media: str) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG" if media == PNG else "JPEG", quality=QUALITY)
    return out.getvalue()
