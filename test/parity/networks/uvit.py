"""Writes fixtures/uvit.json: outputs and gradients of U-ViT in PyTorch, written here from the paper (Bao et al. 2023)."""

import json
import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from formula import digest, fill, rounded, signal


class Attention(nn.Module):
    def __init__(self, channels, heads, bias):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels, bias=bias)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x):
        n, tokens, channels = x.shape
        parts = self.qkv(x).view(n, tokens, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        return self.proj(mixed.transpose(1, 2).reshape(n, tokens, channels))


class Mlp(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, channels, heads, hidden, bias, skip):
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn = Attention(channels, heads, bias)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels, hidden)
        if skip:
            self.skip_linear = nn.Linear(2 * channels, channels)

    def forward(self, x, skip=None):
        if skip is not None:
            x = self.skip_linear(torch.cat([x, skip], dim=-1))
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class UVit(nn.Module):
    def __init__(self, image_size, patch_size, in_channels, embed_dim, depth, num_heads, mlp_ratio=4, qkv_bias=False,
                 num_classes=None, context_dim=None, context_tokens=0):
        super().__init__()
        self.patch, self.channels, self.width = patch_size, in_channels, embed_dim
        self.rows, self.columns = image_size[0] // patch_size, image_size[1] // patch_size
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(in_channels, embed_dim, patch_size, stride=patch_size)
        self.extras = 1
        if num_classes is not None:
            self.label_emb = nn.Embedding(num_classes, embed_dim)
            self.extras += 1
        if context_dim is not None:
            self.context_embed = nn.Linear(context_dim, embed_dim)
            self.extras += context_tokens
        self.pos_embed = nn.Parameter(torch.zeros(1, self.extras + self.rows * self.columns, embed_dim))
        block = lambda skip: Block(embed_dim, num_heads, int(mlp_ratio * embed_dim), qkv_bias, skip)
        self.in_blocks = nn.ModuleList([block(False) for _ in range(depth // 2)])
        self.mid_block = block(False)
        self.out_blocks = nn.ModuleList([block(True) for _ in range(depth // 2)])
        self.norm = nn.LayerNorm(embed_dim)
        self.decoder_pred = nn.Linear(embed_dim, patch_size**2 * in_channels)
        self.final_layer = nn.Conv2d(in_channels, in_channels, 3, padding=1)

    def forward(self, x, t, labels=None, context=None):
        half = self.width // 2
        angles = t[:, None] * torch.exp(-math.log(10000) * torch.arange(half, dtype=t.dtype) / half)[None]
        tokens = [torch.cat([angles.cos(), angles.sin()], dim=1)[:, None]]
        if labels is not None:
            tokens.insert(0, self.label_emb(labels)[:, None])
        if context is not None:
            tokens.append(self.context_embed(context))
        tokens.append(self.patch_embed.proj(x).flatten(2).transpose(1, 2))
        h = torch.cat(tokens, dim=1) + self.pos_embed
        kept = []
        for block in self.in_blocks:
            h = block(h)
            kept.append(h)
        h = self.mid_block(h)
        for block in self.out_blocks:
            h = block(h, kept.pop())
        h = self.decoder_pred(self.norm(h))[:, self.extras :]
        h = h.view(-1, self.rows, self.columns, self.patch, self.patch, self.channels).permute(0, 5, 1, 3, 2, 4)
        return self.final_layer(h.reshape(-1, self.channels, self.rows * self.patch, self.columns * self.patch))


BASE = {"image_size": [4, 6], "patch_size": 2, "in_channels": 2, "embed_dim": 12, "depth": 3, "num_heads": 2}
CASES = {
    "plain": BASE,
    "classes and text, five blocks": BASE
    | {"depth": 5, "num_classes": 3, "context_dim": 5, "context_tokens": 4, "qkv_bias": True, "mlp_ratio": 2},
}


def run(config: dict) -> dict:
    model = UVit(**config).double()
    fill(model)
    x = signal("input", [2, config["in_channels"], *config["image_size"]]).requires_grad_()
    labels = torch.tensor([2, 0]) if "num_classes" in config else None
    width = config.get("context_dim")
    context = None if width is None else signal("context", [2, 4, width]).requires_grad_()
    y = model(x, torch.tensor([999.0, 3.0], dtype=torch.float64), labels, context)
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        **({} if context is None else {"contextGradient": rounded(digest("context", context.grad))}),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


if __name__ == "__main__":
    cases = {name: run(config) for name, config in CASES.items()}
    path = Path(__file__).parent / "fixtures" / "uvit.json"
    path.write_text(json.dumps({"versions": {"torch": torch.__version__}, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
