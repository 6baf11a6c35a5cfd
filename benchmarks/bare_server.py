"""The same model as people serve it without Ostinato: FastAPI, JSON, torch; states in a dictionary.

Nothing in it checks, bounds or keeps anything, and a stream's requests must not overlap.
"""

import sys
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI, Request

from ostinato.archive import model as archive
from ostinato.spec.preprocessing import Series


class Bare(torch.nn.Module):
    """Scale, two LSTM layers, the last step's scores, softmax."""

    def __init__(self, path: str) -> None:
        super().__init__()
        saved = archive.load(path)
        series, names = saved.model.preprocessing, saved.tensors
        if not isinstance(series, Series):
            raise TypeError("this serves classifiers of series")
        self.center, self.spread = torch.tensor(series.center), torch.tensor(series.spread)
        size = len(series.channels)
        self.lstm = torch.nn.LSTM(
            size, names["recurrent.weight_hh_l0"].shape[1], num_layers=2, batch_first=True
        )
        self.head = torch.nn.Linear(self.lstm.hidden_size, len(names["head.bias"]))
        weights = {
            name.removeprefix("recurrent."): value for name, value in names.items() if "recurrent" in name
        }
        self.lstm.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
        self.head.load_state_dict({name: torch.tensor(names[f"head.{name}"]) for name in ("weight", "bias")})

    def forward(self, steps: torch.Tensor, state: Any = None) -> tuple[torch.Tensor, Any]:
        """Return the labels' probabilities after the last step, and the state."""
        output, state = self.lstm((steps - self.center) / self.spread, state)
        return self.head(output[:, -1]).softmax(-1), state


def application(path: str) -> FastAPI:
    """Return the server."""
    app, model = FastAPI(), Bare(path).eval()
    states: dict[str, Any] = {}

    async def predict(request: Request) -> dict[str, Any]:
        with torch.inference_mode():
            answer, _ = model(torch.tensor((await request.json())["steps"]))
        return {"probabilities": answer.tolist()}

    async def step(stream: str, request: Request) -> dict[str, Any]:
        with torch.inference_mode():
            answer, states[stream] = model(torch.tensor((await request.json())["steps"]), states.get(stream))
        return {"probabilities": answer.tolist()}

    app.post("/predict")(predict)
    app.post("/step/{stream}")(step)
    return app


if __name__ == "__main__":
    torch.set_num_threads(1)
    uvicorn.run(application(sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
