"""Training on windows of long sequences; what is held out is chosen among the whole ones."""

from ostinato.errors import ArgumentError
from ostinato.preprocess.base import SequencePreprocessor
from ostinato.preprocess.cut import check_window, cut
from ostinato.read.sequences import Sequences
from ostinato.spec.classify import ClassifyOptions


def with_stride(options: ClassifyOptions, data: Sequences) -> ClassifyOptions:
    """Return the options with the stride chosen: half a window, where windows are asked for.

    Raises:
        ArgumentError: the data is not numeric, or a stride does not fit.
    """
    window, stride = options.data.window, options.data.stride
    if window is None:
        if stride is not None:
            raise ArgumentError(f"stride is {stride}, and there is no window; give both or none.")
        return options
    stride = max(1, window // 2) if stride is None else stride
    check_window(data.kind, window, stride)
    return options.model_copy(update={"data": options.data.model_copy(update={"stride": stride})})


def examples_in(data: Sequences, options: ClassifyOptions) -> int:
    """Return how many examples there are to train on: windows, or whole sequences."""
    window, stride = options.data.window, options.data.stride
    return len(data) if window is None or stride is None else len(cut(data, window, stride).owners)


def windows(preprocessor: SequencePreprocessor, sequences: Sequences) -> Sequences:
    """Return the windows of sequences, or, where they are read whole, the sequences."""
    found = preprocessor.cut(sequences)
    return sequences if found is None else found.sequences
