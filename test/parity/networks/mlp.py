"""Writes fixtures/mlp.json: outputs and gradients of the network for points in PyTorch."""

import json
import math
from pathlib import Path

import torch
from torch import nn

from formula import digest, fill, rounded, signal

ACTIVATIONS = {"silu": nn.functional.silu, "gelu": nn.functional.gelu}
CASES = {
    "by default": {"hidden": [9, 7], "time_channels": 6},
    "sines first, classes, gelu": {
        "hidden": [9],
        "time_channels": 6,
        "time_encoding": "sin-cos",
        "num_class_embeds": 3,
        "act_fn": "gelu",
        "dimensions": 3,
    },
    "fourier": {"hidden": [9, 7], "time_channels": 6, "time_encoding": "fourier", "time_steps": 500},
    "learned": {"hidden": [9, 7], "time_channels": 6, "time_encoding": "learned", "time_steps": 8},
    "no time": {"hidden": [9, 7], "time_encoding": "none"},
}
TIMES = [7.0, 0.0, 3.0]


class PointMlp(nn.Module):
    def __init__(self, hidden, time_channels=32, time_encoding="cos-sin", time_steps=1000, num_class_embeds=None,
                 act_fn="silu", dimensions=2):
        super().__init__()
        self.kind, self.width, self.steps, self.act = time_encoding, time_channels, time_steps, ACTIVATIONS[act_fn]
        self.time_proj = nn.Module()
        if time_encoding == "learned":
            self.time_proj = nn.Embedding(time_steps, time_channels)
        if time_encoding == "fourier":
            self.time_proj.weight = nn.Parameter(torch.zeros(time_channels // 2), requires_grad=False)
        if num_class_embeds is not None:
            self.class_embedding = nn.Embedding(num_class_embeds, time_channels)
        extra = 0 if time_encoding == "none" and num_class_embeds is None else time_channels
        widths = [dimensions + extra, *hidden, dimensions]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths, widths[1:])])

    def encode(self, t):
        if self.kind == "learned":
            return self.time_proj(t.long())
        if self.kind == "fourier":
            angles = 2 * math.pi * (t / self.steps)[:, None] * self.time_proj.weight[None]
        else:
            half = self.width // 2
            angles = t[:, None] * torch.exp(-math.log(10000) * torch.arange(half, dtype=t.dtype) / half)[None]
        pair = [angles.cos(), angles.sin()] if self.kind == "cos-sin" else [angles.sin(), angles.cos()]
        return torch.cat(pair, dim=1)

    def forward(self, x, t, labels):
        e = None if self.kind == "none" else self.encode(t)
        if labels is not None:
            e = self.class_embedding(labels) + (0 if e is None else e)
        h = x if e is None else torch.cat([x, e], dim=1)
        for layer in self.layers[:-1]:
            h = self.act(layer(h))
        return self.layers[-1](h)


def run(config: dict) -> dict:
    model = PointMlp(**config).double()
    fill(model)
    x = signal("input", [3, config.get("dimensions", 2)]).requires_grad_()
    labels = torch.tensor([2, 0, 2]) if "num_class_embeds" in config else None
    y = model(x, torch.tensor(TIMES, dtype=torch.float64), labels)
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters() if p.requires_grad},
    }


if __name__ == "__main__":
    cases = {name: run(config) for name, config in CASES.items()}
    path = Path(__file__).parent / "fixtures" / "mlp.json"
    path.write_text(json.dumps({"versions": {"torch": torch.__version__}, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
