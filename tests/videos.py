"""Tiny videos for tests: rendered, and written by PyAV in any container."""

from fractions import Fraction

import av
import numpy as np

from ostinato.read.clips import clip_of
from ostinato.read.sequences import Sequences
from ostinato.spec.video import FrameForm

CODECS = {".mp4": "libx264", ".mkv": "libx264", ".webm": "libvpx-vp9", ".avi": "mpeg4", ".mov": "mpeg4"}


def frames(steps, height=16, width=16, seed=0):
    """Return flat coloured frames (T, height, width, 3), each of its own colour, which codecs keep."""
    colours = np.random.default_rng(seed).integers(30, 226, (steps, 1, 1, 3))
    return np.broadcast_to(colours, (steps, height, width, 3)).astype(np.uint8)


def moving(steps, right, seed=0, side=12):
    """Return grey frames (T, side, side) in which a bright bar moves right, or left."""
    random = np.random.default_rng(seed)
    made = random.integers(0, 40, (steps, side, side)).astype(np.uint8)
    begin = random.integers(side)
    for step in range(steps):
        made[step, :, (begin + (step if right else -step)) % side] = 230
    return made


def write(path, pictures, rate=10, **options):
    """Write frames (T, height, width[, 3]) as the container that the path's ending says."""
    format = "gray" if pictures.ndim == 3 else "rgb24"
    with av.open(path, "w", options=options) as container:
        stream = container.add_stream(CODECS[path.suffix], rate=rate)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        stream.codec_context.thread_count = 1
        container.start_encoding()  # or a video without a frame would be no file
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format=format)))
        container.mux(stream.encode(None))
    return path


def write_picture(path, picture):
    """Write a frame (height, width, 3) as a PNG or JPEG file."""
    codec, format = {".png": ("png", "rgb24"), ".jpg": ("mjpeg", "yuvj420p")}[path.suffix]
    context = av.CodecContext.create(codec, "w")
    context.height, context.width, context.pix_fmt = *picture.shape[:2], format
    context.time_base = Fraction(1)
    packets = context.encode(av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=format))
    path.write_bytes(b"".join(bytes(packet) for packet in [*packets, *context.encode(None)]))
    return path


def write_sound(path):
    """Write a second of silence, which holds no picture."""
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        silence.rate = 8000
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    return path


FORM = FrameForm(height=12, width=12, channels=1, frame_rate=None)


def clips(count=8, steps=5, form=FORM, seed=0):
    """Return labelled clips in memory, of two kinds, of different lengths."""
    arrays = [moving(steps + index % 4, index % 2 == 0, seed + index) for index in range(count)]
    values = [clip_of(array, form, f"clip {index}") for index, array in enumerate(arrays)]
    labels = ["right" if index % 2 == 0 else "left" for index in range(count)]
    return Sequences("video", values, [f"c{index}" for index in range(count)], labels)
