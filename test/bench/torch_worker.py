"""The benchmark's networks and training step in PyTorch.

Started by `npm run bench` and spoken to in lines: it prints {"ready": ...} after its first step, answers each line
`<n>` with the milliseconds of each of n steps, and at the end of its input prints its peak memory.

    torch_worker.py unet|dit|mlp train|sample BATCH eager|compile|channels-last
    torch_worker.py unet train|sample BATCH diffusers
    torch_worker.py matmul product SIDE eager

diffusers is its own UNet2DModel, configured to be the same network.
"""

import importlib.metadata
import json
import math
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from torch_dit import DiT

TIMES = 1000


def sinusoids(t, dimensions):
    half = dimensions // 2
    frequencies = torch.exp(torch.arange(half) * (-math.log(10000) / half))
    angles = t[:, None] * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], 1)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, time_channels):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(time_channels, outputs)
        self.norm2 = nn.GroupNorm(8, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(e))[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class PixelAttention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x):
        n, c, h, w = x.shape
        tokens = self.norm(x).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(tokens).chunk(3, -1)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(mixed).transpose(1, 2).reshape(n, c, h, w)


class UNet(nn.Module):
    """Three levels of 32, 64 and 64 channels, attention in the middle: 1 062 497 parameters."""

    def __init__(self, widths=(32, 64, 64)):
        super().__init__()
        e = 4 * widths[0]
        self.width = widths[0]
        self.time1, self.time2 = nn.Linear(widths[0], e), nn.Linear(e, e)
        self.enter = nn.Conv2d(1, widths[0], 3, padding=1)
        self.down, self.shrink, self.up, self.grow = (nn.ModuleList() for _ in range(4))
        channels, kept = widths[0], [widths[0]]
        for level, width in enumerate(widths):
            self.down.append(ResidualBlock(channels, width, e))
            channels = width
            kept.append(channels)
            if level + 1 < len(widths):
                self.shrink.append(nn.Conv2d(channels, channels, 3, 2, 1))
                kept.append(channels)
        self.middle = nn.ModuleList([ResidualBlock(channels, channels, e), ResidualBlock(channels, channels, e)])
        self.attention = PixelAttention(channels)
        for level, width in reversed(list(enumerate(widths))):
            for _ in range(2):
                self.up.append(ResidualBlock(channels + kept.pop(), width, e))
                channels = width
            if level > 0:
                self.grow.append(nn.Conv2d(channels, channels, 3, padding=1))
        self.norm_out = nn.GroupNorm(8, channels)
        self.leave = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x, t):
        e = self.time2(F.silu(self.time1(sinusoids(t, self.width))))
        h = self.enter(x)
        kept = [h]
        for level, block in enumerate(self.down):
            h = block(h, e)
            kept.append(h)
            if level < len(self.shrink):
                h = self.shrink[level](h)
                kept.append(h)
        h = self.middle[1](self.attention(self.middle[0](h, e)), e)
        for i, block in enumerate(self.up):
            h = block(torch.cat([h, kept.pop()], 1), e)
            if i % 2 == 1 and i // 2 < len(self.grow):
                h = self.grow[i // 2](F.interpolate(h, scale_factor=2, mode="nearest"))
        return self.leave(F.silu(self.norm_out(h)))


class PointMlp(nn.Module):
    """Coordinates and an encoding of time through three hidden layers of 128: 37 762 parameters."""

    def __init__(self):
        super().__init__()
        widths = [34, 128, 128, 128, 2]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x, t):
        h = torch.cat([x, sinusoids(t, 32)], 1)
        for layer in self.layers[:-1]:
            h = F.silu(layer(h))
        return self.layers[-1](h)


class Training:
    """Noise, forward, backward, clip, AdamW, moving average: what the library's trainer does in a step."""

    def __init__(self, network, apply, shape, batch, layout):
        self.network, self.apply, self.batch, self.layout = network, apply, batch, layout
        self.data = (torch.rand(2048, *shape) * 2 - 1).contiguous(memory_format=layout)
        self.parameters = list(network.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=5e-4, weight_decay=0)
        alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, TIMES, dtype=torch.float64), 0)
        self.signal, self.sigma = alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()

    def step(self):
        x0 = self.data[torch.randint(len(self.data), (self.batch,))]
        t = torch.randint(TIMES, (self.batch,))
        noise = torch.randn(x0.shape).contiguous(memory_format=self.layout)
        column = (-1,) + (1,) * (x0.dim() - 1)
        xt = self.signal[t].view(column) * x0 + self.sigma[t].view(column) * noise
        self.optimizer.zero_grad()
        loss = (self.apply(xt, t.float()) - noise).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, 1e-3)
        return loss.item()


class Sampling:
    """One evaluation of the network, as a sampler's step asks for it."""

    def __init__(self, apply, shape, batch, layout):
        self.apply = apply
        self.x = torch.randn(batch, *shape).contiguous(memory_format=layout)
        self.t = torch.full((batch,), 500.0)

    @torch.no_grad()
    def step(self):
        return self.apply(self.x, self.t).sum().item()


class Product:
    """What the machine does best: one large product."""

    def __init__(self, side):
        self.a = torch.rand(side, side)

    @torch.no_grad()
    def step(self):
        return torch.mm(self.a, self.a)


def diffusers_unet():
    """The same network by diffusers, 1 062 497 parameters."""
    from diffusers import UNet2DModel

    network = UNet2DModel(
        sample_size=28,
        in_channels=1,
        out_channels=1,
        block_out_channels=(32, 64, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        attention_head_dim=None,
        norm_num_groups=8,
    )
    return network, lambda x, t: network(x, t).sample


NETWORKS = {"unet": (UNet, (1, 28, 28)), "dit": (DiT, (1, 28, 28)), "mlp": (PointMlp, (2,))}


def make_work(model, mode, batch, variant):
    """What is timed, and the number of its parameters."""
    if model == "matmul":
        return Product(batch), 0
    make, shape = NETWORKS[model]
    layout = torch.channels_last if variant == "channels-last" and len(shape) == 3 else torch.contiguous_format
    if variant == "diffusers":
        network, apply = diffusers_unet()
    else:
        network = make().to(memory_format=layout)
        apply = torch.compile(network) if variant == "compile" else network
    work = Training(network, apply, shape, batch, layout) if mode == "train" else Sampling(apply, shape, batch, layout)
    return work, sum(p.numel() for p in network.parameters())


def main():
    model, mode, batch, variant = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    torch.manual_seed(0)
    work, parameters = make_work(model, mode, batch, variant)
    work.step()
    version = f"PyTorch {torch.__version__}"
    if variant == "diffusers":
        version += f", diffusers {importlib.metadata.version('diffusers')}"
    print(json.dumps({"ready": True, "parameters": parameters, "version": version}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            work.step()
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps({"ms": times}), flush=True)
    print(json.dumps({"peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)


if __name__ == "__main__":
    main()
