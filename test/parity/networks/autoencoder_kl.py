"""Writes fixtures/autoencoder_kl.json: latents, images and gradients of diffusers' AutoencoderKL. Run: python autoencoder_kl.py"""

import json
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL

from formula import digest, fill, rounded, signal

BASE = {
    "block_out_channels": [8, 12, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "sample_size": 16,
}

CASES = {
    "three levels, as Stable Diffusion's": (BASE, {}),
    "no attention, no 1×1 convolutions, other channels, mish": (
        BASE
        | {
            "in_channels": 1,
            "out_channels": 2,
            "latent_channels": 3,
            "layers_per_block": 1,
            "act_fn": "mish",
            "mid_block_add_attention": False,
            "use_quant_conv": False,
            "use_post_quant_conv": False,
        },
        {},
    ),
    "attention in levels, sides that are no multiples": (
        BASE
        | {
            "block_out_channels": [8, 12],
            "down_block_types": ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
            "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D"],
            "layers_per_block": 1,
            "use_post_quant_conv": False,
        },
        {"size": [7, 9]},
    ),
    "one level": (
        {
            "block_out_channels": [8],
            "norm_num_groups": 2,
            "act_fn": "gelu",
            "use_quant_conv": False,
        },
        {"size": [3, 4]},
    ),
}

# Of 16 pixels, 4 latents: several tiles both ways, the last ones smaller.
TILED = {"config": BASE | {"layers_per_block": 1}, "size": [20, 28]}


def model_of(config: dict) -> AutoencoderKL:
    model = AutoencoderKL(**config).double().eval()
    fill(model)
    return model


def run(config: dict, options: dict) -> dict:
    model = model_of(config)
    size = options.get("size", [8, 12])
    x = signal("input", [2, config.get("in_channels", 3), *size]).requires_grad_()
    posterior = model.encode(x).latent_dist
    z = posterior.mean + posterior.std * signal("noise", list(posterior.mean.shape))
    y = torch.cat([part.flatten() for part in (posterior.mean, posterior.logvar, posterior.kl(), model.decode(z).sample)])
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "size": size,
        "output": rounded(y.tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


def run_tiled(config: dict, size: list[int]) -> dict:
    model = model_of(config)
    model.enable_tiling()
    with torch.no_grad():
        posterior = model.encode(signal("input", [1, 3, *size])).latent_dist
        latents = signal("latents", [1, 4, *(side // 4 for side in size)])
        decoded = model.decode(latents).sample
    return {
        "config": config,
        "size": size,
        "mean": rounded(posterior.mean.flatten().tolist()),
        "logVariance": rounded(posterior.logvar.flatten().tolist()),
        "decoded": rounded(decoded.flatten().tolist()),
    }


if __name__ == "__main__":
    cases = {name: run(*case) for name, case in CASES.items()}
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    path = Path(__file__).parent / "fixtures" / "autoencoder_kl.json"
    fixture = {"versions": versions, "cases": cases, "tiled": run_tiled(**TILED)}
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
