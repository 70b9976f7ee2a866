"""Writes fixtures/vae.json: both terms of a VAE's bound, and their gradients, by PyTorch's own distributions."""

import json
from pathlib import Path

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from formula import digest, fill, rounded, signal

CASES = {
    "gaussian": {"dimensions": 3, "hidden": [5, 4], "latent_channels": 2, "likelihood": "gaussian"},
    "bernoulli": {"dimensions": 4, "hidden": [6], "latent_channels": 3, "likelihood": "bernoulli"},
    "linear": {"dimensions": 3, "hidden": [], "latent_channels": 1, "likelihood": "gaussian"},
}
EXAMPLES = 4


class Stack(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(widths, widths[1:])])

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x if i == 0 else nn.functional.silu(x))
        return x


class MlpVae(nn.Module):
    def __init__(self, dimensions, hidden, latent_channels, likelihood):
        super().__init__()
        self.encoder = Stack([dimensions, *hidden, 2 * latent_channels])
        self.decoder = Stack([latent_channels, *reversed(hidden), dimensions])
        self.likelihood = likelihood
        if likelihood == "gaussian":
            self.decoder.log_deviation = nn.Parameter(torch.zeros(1))

    def forward(self, x, noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        posterior = Independent(Normal(mean, (log_variance / 2).exp()), 1)
        prior = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
        output = self.decoder(mean + posterior.base_dist.stddev * noise)
        if self.likelihood == "gaussian":
            given, target = Normal(output, self.decoder.log_deviation.exp()), x
        else:
            # Grey values are probabilities: the mean log-probability of coins that fall with them.
            given, target = Bernoulli(logits=output, validate_args=False), (x + 1) / 2
        return torch.cat([given.log_prob(target).sum(dim=1), kl_divergence(posterior, prior)])


def run(config: dict) -> dict:
    model = MlpVae(**config).double()
    fill(model)
    x = (signal("input", [EXAMPLES, config["dimensions"]]) / 2).requires_grad_()
    y = model(x, signal("noise", [EXAMPLES, config["latent_channels"]]))
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "output": rounded(y.detach().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


if __name__ == "__main__":
    cases = {name: run(config) for name, config in CASES.items()}
    path = Path(__file__).parent / "fixtures" / "vae.json"
    path.write_text(json.dumps({"versions": {"torch": torch.__version__}, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
