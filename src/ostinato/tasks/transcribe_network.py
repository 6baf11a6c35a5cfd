"""The network of a transcriber: convolutions over frames, recurrent stack, head."""

from ostinato.checks import given
from ostinato.spec import network as spec
from ostinato.spec.transcribe import TranscribeNetwork


def network(bands: int, symbols: int, options: TranscribeNetwork) -> spec.Network:
    """Return the network of a transcriber; options are resolved.

    Args:
        bands: of a frame.
        symbols: how many scores it makes: of the blank and of every letter.
        options: its shape.
    """
    rate, layers = given("dropout", options.dropout), given("layers", options.layers)
    channels, size = given("channels", options.channels), given("kernel_size", options.kernel_size)
    fronts = [
        spec.Convolution(name=f"front_{number}", channels=channels, kernel_size=size, stride=stride)
        for number, stride in enumerate(strides(given("stride", options.stride)), start=1)
    ]
    recurrent = spec.Recurrent(
        cell="rnn_tanh" if options.cell == "rnn" else options.cell,
        hidden_size=given("hidden_size", options.hidden_size),
        layers=layers,
        bidirectional=not options.live,
        dropout=rate if layers > 1 else 0.0,
    )
    ops: tuple[spec.AnyOp, ...] = (
        *fronts,
        spec.Dropout(name="input_dropout", rate=rate),
        recurrent,
        spec.Dropout(name="output_dropout", rate=rate),
        spec.Head(size=symbols),
    )
    return spec.Network(input="steps", input_size=bands, ops=ops)


def strides(stride: int) -> tuple[int, int]:
    """Return how the two convolutions share a stride: as evenly as its factors let them.

    Example:
        >>> strides(1), strides(2), strides(4), strides(6)
        ((1, 1), (2, 1), (2, 2), (3, 2))
    """
    first = next(n for n in range(1, stride + 1) if stride % n == 0 and n * n >= stride)
    return first, stride // first
