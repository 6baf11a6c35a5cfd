"""What was fitted on the training data and is saved with the model, as data."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ostinato.spec.audio import Audio
from ostinato.spec.base import Spec
from ostinato.spec.flow import Flow
from ostinato.spec.video import Video
from ostinato.spec.windows import Windows

Text = Annotated[str, Field(max_length=4096)]
Beats = Annotated[int, Field(ge=0, le=256)]
Steps = Annotated[int, Field(ge=1, le=96)]
Tempo = Annotated[int, Field(ge=1, le=1000)]


class Columns(Spec):
    """Which columns of a table hold what; every reader takes this.

    Args:
        label: the label's column; None where the format has it built in, or where there is none.
        sequence: the column that says which rows form one sequence (long tables); None: one row a sequence.
        time: the column by which a long table's rows are ordered; None: the file's order.
        inputs: the numeric columns, in the model's order; None: every numeric column that is nothing else.
        text: the column that holds text, for models that read text.
        audio: the column that names audio files, for models that hear.
        video: the column that holds the paths of videos, relative to the table, for models that watch.
        start, end: the columns of seconds between which a label holds, for models that label each frame.
        background: the label of frames outside of all such stretches; None: there must be none.
        static: columns that describe a whole sequence, each with one number.
        missing: whether values may be missing.
        labels: columns of 0 and 1, each of which says whether a sequence has that label.
        target: the column that holds a number to tell; None: what is told is the label.
        per_step: whether there is one such number a step.
        parameter, value: of an event table the columns that say what was measured, and how much.
        every: of an event table the span of time that a step is; None: every time is a step.
        names: of a table without a line of names those of its columns.
    """

    label: Text | None = None
    sequence: Text | None = None
    time: Text | None = None
    inputs: tuple[Text, ...] | None = None
    text: Text | None = None
    audio: Text | None = None
    video: Text | None = None
    start: Text | None = None
    end: Text | None = None
    background: Text | None = None
    static: tuple[Text, ...] = ()
    missing: bool = False
    labels: tuple[Text, ...] = ()
    target: Text | None = None
    per_step: bool = False
    parameter: Text | None = None
    value: Text | None = None
    every: Annotated[float, Field(gt=0.0)] | None = None
    names: tuple[Text, ...] | None = None


Missing = Literal["forbid", "forward-fill", "mask", "decay"]


class Static(Spec):
    """Numbers that describe a whole sequence: descriptor s becomes (x - center[s]) / spread[s].

    A missing one becomes 0, which is its mean in training.

    Args:
        names: of the S descriptors, in order.
        center, spread: their mean and standard deviation in training; a constant one has spread 1.
    """

    names: Annotated[tuple[Text, ...], Field(min_length=1)]
    center: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0.0)], ...]

    @model_validator(mode="after")
    def _one_number_each(self) -> Self:
        if not len(self.names) == len(self.center) == len(self.spread):
            raise ValueError(
                f"{len(self.names)} descriptors, {len(self.center)} centers, {len(self.spread)} spreads"
            )
        return self


class Series(Spec):
    """Numeric sequences: channel c becomes (x - center[c]) / spread[c].

    What the network is given at a step, side by side; only the parts that ``missing`` names are there:

        values          (I)  what was observed; else, with forward-fill and mask, the last observation, before
                             the first one ``mean``; with decay 0
        masks           (I)  mask, decay: 1 where a value was observed, else 0
        gaps            (I)  mask: log(1 + g), g the time since the channel's last earlier observation
        gap             (1)  decay: the time since the step before, 0 at the first
        descriptors     (S)  the same at every step
        their masks     (S)  mask, decay: 1 where one is known

    Args:
        channels: the names of the I channels, in order.
        scale: how center and spread were chosen.
        center, spread: one number a channel; spread is above 0 (a constant channel has spread 1).
        missing: what becomes of values that are missing.
        mean: of what was observed of each channel in training; None where nothing may be missing.
        unit: the mean time between two steps in training, by which times are divided; None: a step is the
            unit, and no times are read.
        static: what describes a whole sequence, or None.
        window, stride: of a sequence windows of so many steps are read, each so many steps after the one
            before; None: sequences are read whole.
    """

    kind: Literal["series"] = "series"
    channels: Annotated[tuple[Text, ...], Field(min_length=1)]
    scale: Literal["standard", "minmax", "none"]
    center: tuple[float, ...]
    spread: tuple[Annotated[float, Field(gt=0.0)], ...]
    missing: Missing = "forbid"
    mean: tuple[float, ...] | None = None
    unit: Annotated[float, Field(gt=0.0)] | None = None
    static: Static | None = None

    window: Annotated[int, Field(ge=1)] | None = None
    stride: Annotated[int, Field(ge=1)] | None = None

    @property
    def plain(self) -> bool:
        """Return whether a step is nothing but its scaled values."""
        return self.missing == "forbid" and self.static is None

    @property
    def masked(self) -> bool:
        """Return whether the network is told what was observed."""
        return self.missing in ("mask", "decay")

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("steps", len(self.features()))

    def features(self) -> tuple[str, ...]:
        """Return what each number of a step is called."""
        static = self.static.names if self.static else ()
        masks = [f"{name}, observed" for name in self.channels if self.masked]
        gaps = {"mask": [f"{name}, time since" for name in self.channels], "decay": ["time"]}
        known = [f"{name}, known" for name in static if self.masked]
        return (*self.channels, *masks, *gaps.get(self.missing, []), *static, *known)

    @model_validator(mode="after")
    def _one_number_a_channel(self) -> Self:
        if (self.window is None) != (self.stride is None) or (self.stride or 0) > (self.window or 0):
            raise ValueError(f"windows of {self.window} steps with a stride of {self.stride} are none")
        if not len(self.channels) == len(self.center) == len(self.spread):
            raise ValueError(
                f"{len(self.channels)} channels, {len(self.center)} centers, {len(self.spread)} spreads"
            )
        if (self.mean is None) != (self.missing == "forbid") or len(self.mean or self.channels) != len(
            self.channels
        ):
            raise ValueError(f"missing is {self.missing}, with {len(self.mean or ())} means")
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("a channel is named twice")
        return self


class Tokens(Spec):
    """Text as tokens; the vocabulary itself stands in ``tokenizer.json`` beside the manifest.

    Args:
        tokens: what a token is.
        lowercase: whether text is lower-cased first.
        vocabulary_size: V, the unknown token (number 0) included.
    """

    kind: Literal["text"] = "text"
    tokens: Literal["word", "spaced", "char", "bpe"]
    lowercase: bool
    vocabulary_size: Annotated[int, Field(ge=1, le=2**24)]

    @property
    def boundary(self) -> int:
        """Return the token that stands for a text's beginning and end: one more than the vocabulary has."""
        return self.vocabulary_size

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("tokens", self.vocabulary_size)


class NoteScheme(Spec):
    """How music is written as tokens: the settings of miditok's REMI, all that shape its vocabulary.

    A beat is the unit of the time signature: a quarter note in 3/4, an eighth note in 6/8.

    Args:
        scheme: REMI (Huang & Yang 2020, arXiv:2002.00212) with the instruments and time signatures of REMI+.
        durations: ``(from, to, steps)``: into how many steps a beat is divided for notes of ``from`` to
            ``to`` beats; a longer note is cut there. The finest is also the grid on which notes begin.
        velocities: levels of loudness; 0: loudness is not kept.
        pitches, drums, programs: the lowest and the highest key, sound of drums and instrument (-1 is drums).
            They are all that MIDI has, so that no note is ever left out.
        tempos: the lowest and the highest, in beats a minute, and how many, evenly spaced.
        longest_bar: the highest number of beats in a bar.
        units: the note values that a beat may have: 4, a quarter note, must be the first.
    """

    scheme: Literal["remi"] = "remi"
    durations: Annotated[tuple[tuple[Beats, Beats, Steps], ...], Field(min_length=1)] = (
        (0, 4, 12),
        (4, 16, 4),
    )
    velocities: Annotated[int, Field(ge=0, le=127)] = 8
    pitches: tuple[Literal[0], Literal[127]] = (0, 127)
    drums: tuple[Literal[0], Literal[127]] = (0, 127)
    programs: tuple[Literal[-1], Literal[127]] = (-1, 127)
    tempos: tuple[Tempo, Tempo, Annotated[int, Field(ge=2, le=1024)]] = (20, 300, 57)
    longest_bar: Annotated[int, Field(ge=4, le=64)] = 16
    units: tuple[Literal[4, 8, 16, 32], ...] = (4, 8, 16)

    def positions(self) -> int:
        """Return the number of places in a beat at which a note may begin."""
        return max(steps for _, _, steps in self.durations)

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        borders = [0, *(last for _, last, _ in self.durations)]
        if [first for first, _, _ in self.durations] != borders[:-1] or borders != sorted(set(borders)):
            raise ValueError("durations must begin at 0, each range where the one before ends")
        if any(self.positions() % steps for _, _, steps in self.durations):
            raise ValueError("the finest steps of a beat must be a multiple of all others")
        if self.tempos[0] >= self.tempos[1]:
            raise ValueError(f"tempos from {self.tempos[0]} to {self.tempos[1]} are none")
        if self.units[:1] != (4,) or list(self.units) != sorted(set(self.units)):
            raise ValueError("units must rise, from 4 on")
        return self


class Notes(Spec):
    """Music as tokens; nothing of it is fitted but the scheme's settings, so the vocabulary needs no file.

    Args:
        scheme: the settings, from which the vocabulary is built again.
        vocabulary_size: V, the boundary between two pieces (number 0) included.
        vocabulary_sha256: of all tokens in their order, one a line: a library that builds another vocabulary
            is found out before it misreads a model.
    """

    kind: Literal["notes"] = "notes"
    scheme: NoteScheme
    vocabulary_size: Annotated[int, Field(ge=1, le=2**24)]
    vocabulary_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @property
    def boundary(self) -> int:
        """Return the token that stands for a piece's beginning and end."""
        return 0

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("tokens", self.vocabulary_size)


class Words(Spec):
    """Sentences as words and their letters; the vocabularies themselves stand in ``tokenizer.json``.

    A word is read as the row (w, c_1, …, c_K): its number, and those of its letters, 0 where it has no more.
    Of a longer word the first ⌈K/2⌉ and the last ⌊K/2⌋ letters are read.

    Args:
        lowercase, fold_digits: what is done before a word is looked up: lower-casing, and every digit 0. The
            letters are read as they are written.
        words: the numbers for words, the unknown one (number 0) included.
        letters: the numbers for letters, with none (0) and unknown (1).
        word_length: K.
    """

    kind: Literal["words"] = "words"
    lowercase: bool
    fold_digits: bool
    words: Annotated[int, Field(ge=1, le=2**24)]
    letters: Annotated[int, Field(ge=2, le=2**21)]
    word_length: Annotated[int, Field(ge=1, le=1024)]

    def flow(self) -> Flow:
        """Return what the network is given."""
        return Flow("words", 1 + self.word_length)


class TokenPair(Spec):
    """Two texts as tokens, such as a sentence and its translation.

    ``tokenizer.json`` holds the vocabulary that both share or, if they do not, an object of both under
    ``source`` and ``target``.

    Args:
        source: of what is read.
        target: of what is said.
        shared: whether the two are one and the same.
    """

    kind: Literal["pair"] = "pair"
    source: Tokens
    target: Tokens
    shared: bool

    def flow(self) -> Flow:
        """Return what the encoder is given."""
        return self.source.flow()

    @model_validator(mode="after")
    def _shared_is_the_same(self) -> Self:
        if self.shared and self.source != self.target:
            raise ValueError("the vocabulary is shared, and the two sides have different ones")
        return self


class PianoRoll(Spec):
    """Frames of keys: a step reads the frame before it and, in the first step, that there is none.

    Args:
        keys: those of a piano, from A0 to C8.
    """

    kind: Literal["rolls"] = "rolls"
    keys: Literal[88] = 88

    def flow(self) -> Flow:
        """Return what the network is given: a number for each key, and one that is 1 at the beginning."""
        return Flow("steps", self.keys + 1)

    def names(self) -> tuple[str, ...]:
        """Return what the keys are called, by their MIDI pitch."""
        return tuple(f"pitch {pitch}" for pitch in range(21, 21 + self.keys))


Preprocessing = Annotated[
    Series | Tokens | Words | TokenPair | Notes | PianoRoll | Audio | Video | Windows,
    Field(discriminator="kind"),
]
