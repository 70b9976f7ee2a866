"""Writes fixtures/flow.json: latents, log-determinants and gradients of RealNVP and Glow in PyTorch.

Written here from the papers (Dinh et al. 2017, Kingma & Dhariwal 2018). The log-determinants come from the Jacobian that
autograd finds, not from the layers' formulas.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from formula import digest, fill, rounded, signal

ACTIVATIONS = {"silu": F.silu, "relu": F.relu, "gelu": F.gelu}
CASES = {
    "RealNvp by default": {"class": "RealNvp", "config": {"num_couplings": 3, "hidden": [5, 4]}, "shape": [4, 2]},
    "RealNvp of three dimensions": {
        "class": "RealNvp",
        "config": {"dimensions": 3, "num_couplings": 4, "hidden": [6], "act_fn": "gelu"},
        "shape": [3, 3],
    },
    "Glow of one level": {
        "class": "Glow",
        "config": {"height": 4, "width": 2, "num_levels": 1, "num_steps": 2, "hidden_channels": 5, "logit_margin": 0.05,
                   "act_fn": "silu"},
        "shape": [2, 1, 4, 2],
    },
    "Glow of two levels and two channels": {
        "class": "Glow",
        "config": {"height": 4, "width": 4, "in_channels": 2, "num_levels": 2, "num_steps": 2, "hidden_channels": 3,
                   "logit_margin": 1e-3, "act_fn": "gelu"},
        "shape": [2, 2, 4, 4],
    },
}


class ActNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        shape = [1, -1] + [1] * (x.dim() - 2)
        return (x + self.bias.view(shape)) * self.log_scale.exp().view(shape)


class Coupling(nn.Module):
    """The conditioner is the module's own; parameters lie in `coupling` or `prior`, as its owner names it."""

    @staticmethod
    def transform(network, x, kept, first_is_kept=True):
        a, b = x[:, :kept], x[:, kept:]
        if not first_is_kept:
            a, b = b, a
        raw, shift = network(a).chunk(2, dim=1)
        b = b * torch.exp(2 * torch.tanh(raw / 2)) + shift
        return torch.cat([a, b] if first_is_kept else [b, a], dim=1)


class Dense(nn.Module):
    def __init__(self, inputs, hidden, outputs, act):
        super().__init__()
        widths = [inputs, *hidden]
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths, hidden)])
        self.out = nn.Linear(widths[-1], outputs)
        self.act = act

    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return self.out(x)


class RealNvp(nn.Module):
    def __init__(self, dimensions=2, num_couplings=8, hidden=(64, 64), act_fn="silu"):
        super().__init__()
        self.first = (dimensions + 1) // 2
        self.steps = nn.ModuleList()
        for i in range(num_couplings):
            kept = self.first if i % 2 == 0 else dimensions - self.first
            step = nn.Module()
            step.norm = ActNorm(dimensions)
            step.coupling = Dense(kept, hidden, 2 * (dimensions - kept), ACTIVATIONS[act_fn])
            self.steps.append(step)

    def forward(self, x):
        for i, step in enumerate(self.steps):
            x = Coupling.transform(step.coupling, step.norm(x), self.first, i % 2 == 0)
        return x


class Convolutions(nn.Module):
    def __init__(self, inputs, hidden, outputs, act):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, hidden, 3, padding=1)
        self.conv2 = nn.Conv2d(hidden, hidden, 1)
        self.conv_out = nn.Conv2d(hidden, outputs, 3, padding=1)
        self.act = act

    def forward(self, x):
        return self.conv_out(self.act(self.conv2(self.act(self.conv1(x)))))


class Prior(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


class Mix(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.lower, self.upper = nn.Parameter(torch.zeros(n, n)), nn.Parameter(torch.zeros(n, n))
        self.log_diagonal = nn.Parameter(torch.zeros(n))
        # Constants of the network: a permutation that reverses, signs in turn.
        self.register_buffer("permutation", torch.eye(n).flip(0))
        self.register_buffer("signs", torch.tensor([(-1.0) ** i for i in range(n)]))

    def forward(self, x):
        lower = torch.tril(self.lower, -1) + torch.eye(len(self.signs), dtype=x.dtype)
        upper = torch.triu(self.upper, 1) + torch.diag(self.signs * self.log_diagonal.exp())
        weight = self.permutation @ lower @ upper
        return F.conv2d(x, weight[:, :, None, None])


class Glow(nn.Module):
    def __init__(self, height, width, num_levels, num_steps, hidden_channels, in_channels=1, act_fn="relu",
                 logit_margin=1e-6):
        super().__init__()
        self.margin = logit_margin
        self.levels = nn.ModuleList()
        for i in range(num_levels):
            channels = in_channels * 2 ** (i + 2)
            level = nn.Module()
            level.steps = nn.ModuleList()
            for _ in range(num_steps):
                step = nn.Module()
                step.norm, step.mix = ActNorm(channels), Mix(channels)
                step.coupling = Convolutions(channels // 2, hidden_channels, channels, ACTIVATIONS[act_fn])
                level.steps.append(step)
            if i < num_levels - 1:
                level.prior = Prior(channels // 2, channels)
            self.levels.append(level)

    def forward(self, x):
        """Latents in the order of the library: channels last."""
        h = torch.logit(self.margin / 2 + (1 - self.margin) * x)
        latents = []
        for level in self.levels:
            n, c, rows, columns = h.shape
            h = h.view(n, c, rows // 2, 2, columns // 2, 2).permute(0, 3, 5, 1, 2, 4)
            h = h.reshape(n, 4 * c, rows // 2, columns // 2)
            for step in level.steps:
                h = Coupling.transform(step.coupling, step.mix(step.norm(h)), h.shape[1] // 2)
            if hasattr(level, "prior"):
                h, leaving = Coupling.transform(level.prior, h, h.shape[1] // 2).chunk(2, dim=1)
                latents.append(leaving)
        return torch.cat([part.permute(0, 2, 3, 1).flatten(1) for part in [*latents, h]], dim=1)


def log_determinants(model, x):
    rows = []
    for one in x:
        jacobian = torch.autograd.functional.jacobian(lambda v: model(v[None])[0], one, create_graph=True)
        rows.append(torch.linalg.slogdet(jacobian.reshape(one.numel(), one.numel()))[1])
    return torch.stack(rows)


def run(case: dict) -> dict:
    model = {"RealNvp": RealNvp, "Glow": Glow}[case["class"]](**case["config"]).double()
    fill(model)
    x = signal("input", case["shape"])
    if case["class"] == "Glow":
        x = 0.5 + 0.25 * x
    x.requires_grad_()
    y = torch.cat([model(x).flatten(), log_determinants(model, x)])
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        **case,
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


if __name__ == "__main__":
    cases = {name: run(case) for name, case in CASES.items()}
    path = Path(__file__).parent / "fixtures" / "flow.json"
    path.write_text(json.dumps({"versions": {"torch": torch.__version__}, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
