"""The benchmark's diffusion transformer in plain PyTorch: the architecture of src/networks/dit/dit.ts."""

import math

import torch
from torch import nn
from torch.nn import functional as F

SINUSOIDS = 256


def sinusoids(t):
    half = SINUSOIDS // 2
    frequencies = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))
    angles = t[:, None] * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], 1)


def positions(side, channels):
    """Sines and cosines of row and column, [side², channels]."""
    frequencies = 10000 ** (-torch.arange(channels // 4) / (channels // 4))
    angles = torch.arange(side)[:, None] * frequencies[None]
    one = torch.cat([angles.sin(), angles.cos()], 1)
    rows, columns = one[:, None].expand(side, side, -1), one[None].expand(side, side, -1)
    return torch.cat([columns, rows], 2).reshape(side * side, channels)


def modulate(x, shift, scale):
    return x * (1 + scale[:, None]) + shift[:, None]


class Block(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.time1, self.time2 = nn.Linear(SINUSOIDS, channels), nn.Linear(channels, channels)
        self.modulation = nn.Linear(channels, 6 * channels)
        self.norm1 = nn.LayerNorm(channels, eps=1e-6, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(channels, eps=1e-5, elementwise_affine=False)
        self.qkv, self.out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.grow, self.shrink = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def condition(self, t):
        return self.time2(F.silu(self.time1(sinusoids(t))))

    def attention(self, x):
        n, tokens, channels = x.shape
        q, k, v = self.qkv(x).view(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, tokens, channels))

    def forward(self, x, t):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(F.silu(self.condition(t))).chunk(6, 1)
        x = x + gate1[:, None] * self.attention(modulate(self.norm1(x), shift1, scale1))
        h = self.shrink(F.gelu(self.grow(modulate(self.norm2(x), shift2, scale2)), approximate="tanh"))
        return x + gate2[:, None] * h


class DiT(nn.Module):
    """196 patches of 2×2 as tokens of 96 channels through five blocks: 1 026 052 parameters."""

    def __init__(self, side=28, patch=2, channels=96, heads=3, depth=5):
        super().__init__()
        self.patch, self.grid = patch, side // patch
        self.enter = nn.Conv2d(1, channels, patch, patch)
        self.register_buffer("positions", positions(self.grid, channels))
        self.blocks = nn.ModuleList(Block(channels, heads) for _ in range(depth))
        self.norm_out = nn.LayerNorm(channels, eps=1e-6, elementwise_affine=False)
        self.modulation_out = nn.Linear(channels, 2 * channels)
        self.leave = nn.Linear(channels, patch * patch)

    def forward(self, x, t):
        h = self.enter(x).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            h = block(h, t)
        shift, scale = self.modulation_out(F.silu(self.blocks[0].condition(t))).chunk(2, 1)
        h = self.leave(modulate(self.norm_out(h), shift, scale))
        n, g, p = len(x), self.grid, self.patch
        return h.view(n, g, g, p, p).permute(0, 1, 3, 2, 4).reshape(n, 1, g * p, g * p)
