"""Writes fixtures/dit.json: outputs and gradients of diffusers' DiT, with classes, and with classes and text."""

import json
from pathlib import Path

import diffusers
import torch
from diffusers import DiTTransformer2DModel, Transformer2DModel

from formula import digest, fill, rounded, signal

BASE = {
    "num_attention_heads": 2,
    "attention_head_dim": 6,
    "in_channels": 2,
    "num_layers": 2,
    "sample_size": 8,
    "patch_size": 2,
    "num_embeds_ada_norm": 3,
}
CASES = {
    "classes": (DiTTransformer2DModel, BASE, {}),
    "another size, other options": (
        DiTTransformer2DModel,
        BASE
        | {
            "out_channels": 3,
            "activation_fn": "gelu",
            "attention_bias": False,
            "norm_elementwise_affine": True,
            "norm_eps": 1e-3,
            "num_layers": 1,
        },
        {"size": 12},
    ),
    "classes and text": (
        Transformer2DModel,
        BASE
        | {
            "cross_attention_dim": 5,
            "norm_type": "ada_norm_zero",
            "attention_bias": True,
            "activation_fn": "geglu",
            "norm_elementwise_affine": True,
        },
        {},
    ),
}


def run(kind, config: dict, options: dict) -> dict:
    model = kind(**config).double().eval()
    fill(model)
    size = options.get("size", 8)
    x = signal("input", [2, config["in_channels"], size, size]).requires_grad_()
    t = torch.tensor([999.0, 3.0], dtype=torch.float64)
    labels = torch.tensor([3, 0])
    width = config.get("cross_attention_dim")
    context = None if width is None else signal("context", [2, 4, width]).requires_grad_()
    text = {} if context is None else {"encoder_hidden_states": context}
    y = model(x, timestep=t, class_labels=labels, **text).sample
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "size": size,
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        **({} if context is None else {"contextGradient": rounded(digest("context", context.grad))}),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


if __name__ == "__main__":
    cases = {name: run(*case) for name, case in CASES.items()}
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    path = Path(__file__).parent / "fixtures" / "dit.json"
    path.write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
