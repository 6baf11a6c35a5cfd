"""What the tests of training share."""

import pytest


@pytest.fixture(autouse=True, scope="module")
def plain_report():
    """Have runs write a word instead of the HTML report, whose pictures take longer than the training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "ostinato.train.fit.write_training_html", lambda model, path, name: path.write_text("report")
        )
        yield
