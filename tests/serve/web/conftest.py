"""A server of a model of each kind that is no classifier of plain numbers or of text."""

import pytest


@pytest.fixture(scope="session")
def kinds(tmp_path_factory):
    """Return the server, and the models by name."""
    for module, extra in (
        ("tokenizers", "text"),
        ("kaldi_native_fbank", "audio"),
        ("av", "video"),
    ):
        pytest.importorskip(module, reason=f"these models need ostinato[{extra}]")
    import forecasters
    import serving
    import told_models

    models = {
        "series": forecasters.model("quantiles")[1],
        "known": forecasters.model("direct with everything")[1],
        "patients": told_models.model("classify", told_models.PATIENT),
        "risks": told_models.model("labels", told_models.PATIENT),
        "wear": told_models.model("regress", told_models.PLAIN, per_step=True),
        "stars": told_models.model("regress", None),
        "sound": told_models.model("classify", told_models.SOUND),
        "video": told_models.model("classify", told_models.CLIP),
    }
    folder = tmp_path_factory.mktemp("kinds")
    places = [serving.saved(folder / name, model) for name, model in models.items()]
    with serving.serving(*places, options=("--state-store", "none")) as running:
        yield running, models
