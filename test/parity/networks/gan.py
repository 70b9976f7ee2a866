"""Writes fixtures/gan.json: the players of a GAN, their losses and the penalties on slopes in PyTorch."""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from formula import digest, fill, rounded, signal, uniforms

GENERATORS = {
    "generator": {"height": 8, "width": 12, "latent_channels": 5, "block_out_channels": [4, 6], "norm_num_groups": 2},
    "generator of three channels": {
        "height": 6, "width": 4, "latent_channels": 3, "out_channels": 3, "block_out_channels": [4], "norm_num_groups": 4,
    },
}
DISCRIMINATORS = {
    "discriminator": {"height": 8, "width": 12, "block_out_channels": [4, 6]},
    "discriminator of three channels, steeper": {
        "height": 6, "width": 4, "in_channels": 3, "block_out_channels": [5], "negative_slope": 0.3,
    },
    "discriminator with spectral norm": {
        "height": 8, "width": 12, "block_out_channels": [4, 6], "weight_norm": "spectral",
    },
}
BATCH = 3


class Generator(nn.Module):
    def __init__(self, height, width, latent_channels, block_out_channels, norm_num_groups, out_channels=1):
        super().__init__()
        widths = block_out_channels[::-1]
        self.coarsest = [height // 2 ** len(widths), width // 2 ** len(widths), widths[0]]
        self.dense_in = nn.Linear(latent_channels, self.coarsest[0] * self.coarsest[1] * widths[0])
        self.levels = nn.ModuleList()
        for a, b in zip(widths, [*widths[1:], out_channels]):
            level = nn.Module()
            level.norm, level.up = nn.GroupNorm(norm_num_groups, a), nn.ConvTranspose2d(a, b, 4, 2, 1)
            self.levels.append(level)

    def forward(self, z):
        h = self.dense_in(z).view(len(z), *self.coarsest).permute(0, 3, 1, 2)
        for level in self.levels:
            h = level.up(F.relu(level.norm(h)))
        return torch.tanh(h)


class Discriminator(nn.Module):
    def __init__(self, height, width, block_out_channels, in_channels=1, negative_slope=0.2, weight_norm=None):
        super().__init__()
        norm = spectral_norm if weight_norm else lambda layer: layer
        widths = [in_channels, *block_out_channels]
        self.slope = negative_slope
        self.levels = nn.ModuleList([norm(nn.Conv2d(a, b, 4, 2, 1)) for a, b in zip(widths, widths[1:])])
        pixels = (height // 2 ** len(block_out_channels)) * (width // 2 ** len(block_out_channels))
        self.dense_out = norm(nn.Linear(pixels * widths[-1], 1))

    def forward(self, x):
        for level in self.levels:
            x = F.leaky_relu(level(x), self.slope)
        return self.dense_out(x.permute(0, 2, 3, 1).flatten(1))[:, 0]


def discriminator(config):
    model = Discriminator(**config).double()
    fill(model)
    for name, buffer in model.named_buffers():
        if name.endswith("weight_u"):
            buffer.copy_(torch.from_numpy(uniforms(name, buffer.numel()).astype("float32")))
    return model


def scored_slopes(model, x):
    """Scores and squared slopes, in one pass: spectral_norm iterates at every pass."""
    scores = model(x)
    (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return scores, slope.square().flatten(1).sum(1)


def compared(model, x, y):
    """Output, and gradients of its projection by the input and by every parameter."""
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


def run_generator(config):
    model = Generator(**config).double()
    fill(model)
    z = signal("input", [BATCH, config["latent_channels"]]).requires_grad_()
    return {"of": "generator", "config": config, **compared(model, z, model(z))}


def image(config):
    return signal("input", [BATCH, config.get("in_channels", 1), config["height"], config["width"]]).requires_grad_()


def run_discriminator(config):
    model = discriminator(config)
    x = image(config)
    case = {"of": "discriminator", "config": config, **compared(model, x, model(x))}
    buffers = {n: rounded(b.tolist()) for n, b in model.named_buffers() if n.endswith("weight_u")}
    return {**case, "buffers": buffers}


def run_penalty(config, kind):
    """The mean score, and R1 with gamma 3 or WGAN-GP with weight 10 at the input itself."""
    model = discriminator(config)
    x = image(config)
    scores, squared = scored_slopes(model, x)
    paid = squared.mean() * 1.5 if kind == "r1" else 10 * (squared.sqrt() - 1).square().mean()
    return {"of": kind, "config": config, **compared(model, x, scores.mean() + paid)}


def run_losses():
    """Both players' losses by PyTorch's own names, and their gradients by the scores."""
    cases = {}
    for name in ["non-saturating", "least-squares", "wasserstein"]:
        real, fake = (signal(n, [BATCH]).requires_grad_() for n in ("real", "fake"))
        ones, zeros = torch.ones(BATCH).double(), torch.zeros(BATCH).double()
        if name == "non-saturating":
            of = F.binary_cross_entropy_with_logits
        elif name == "least-squares":
            of = lambda s, y: 0.5 * F.mse_loss(s, y)
        else:
            of = lambda s, y: s.mean() * (-1 if y[0] == 1 else 1)
        judged, drawn = of(real, ones) + of(fake, zeros), of(fake, ones)
        gradients = [*torch.autograd.grad(judged, [real, fake]), *torch.autograd.grad(drawn, [fake])]
        cases[name] = {
            "discriminator": rounded([judged.item()])[0],
            "generator": rounded([drawn.item()])[0],
            "gradients": [rounded(g.tolist()) for g in gradients],
        }
    return cases


if __name__ == "__main__":
    cases = {name: run_generator(config) for name, config in GENERATORS.items()}
    cases |= {name: run_discriminator(config) for name, config in DISCRIMINATORS.items()}
    for kind in ["r1", "gradient"]:
        cases |= {f"{kind} penalty, {name}": run_penalty(config, kind) for name, config in DISCRIMINATORS.items()}
    path = Path(__file__).parent / "fixtures" / "gan.json"
    fixture = {"versions": {"torch": torch.__version__}, "cases": cases, "losses": run_losses()}
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
