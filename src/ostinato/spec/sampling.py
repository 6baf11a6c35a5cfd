"""The options of drawing tokens at random."""

from ostinato.spec.base import Spec
from ostinato.spec.option import option
from ostinato.spec.options import Positive


class Sampling(Spec):
    """How tokens are chosen from their scores; an option group, so that verbs and requests word it alike.

    What each option does, and in which order, ``decode.sample.Sampler`` says.
    """

    temperature: float = option(1.0, "divides the scores; 0: always the likeliest token", ge=0.0)
    top_k: Positive | None = option(None, "draw among so many of the likeliest tokens; else among all")
    top_p: float = option(
        1.0, "draw among the fewest likeliest tokens that have this probability together", gt=0.0, le=1.0
    )
    repetition_penalty: float = option(
        1.0, "above 1: tokens that were there already become less likely", ge=1.0
    )
    seed: int = option(0, "the same seed gives the same tokens", ge=0, lt=2**63)


class TalkSampling(Sampling):
    """How the tokens of an answer in a dialogue are chosen: a little more likely ones than usual."""

    temperature: float = option(0.7, "divides the scores; 0: always the likeliest token", ge=0.0)
    top_p: float = option(
        0.9, "draw among the fewest likeliest tokens that have this probability together", gt=0.0, le=1.0
    )
