"""Writes fixtures/unet2d.json: outputs and gradients of diffusers' UNet2DModel. Run: python unet2d.py"""

import json
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DModel

from formula import digest, fill, rounded, signal, uniforms

BASE = {
    "in_channels": 3,
    "out_channels": 2,
    "block_out_channels": [8, 12],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "attention_head_dim": 4,
}

CASES = {
    "down, attn down, attn up, up": (BASE, {}),
    "scale and shift, classes, every odd option": (
        BASE
        | {
            "layers_per_block": 2,
            "resnet_time_scale_shift": "scale_shift",
            "num_class_embeds": 5,
            "flip_sin_to_cos": False,
            "freq_shift": 1,
            "downsample_padding": 0,
            "mid_block_scale_factor": 1.7,
            "attention_head_dim": None,
            "center_input_sample": True,
            "act_fn": "gelu",
            "norm_eps": 1e-3,
        },
        {"labels": [4, 0]},
    ),
    "three levels, no attention, mid scale, mish": (
        BASE
        | {
            "block_out_channels": [8, 8, 16],
            "down_block_types": ["DownBlock2D"] * 3,
            "up_block_types": ["UpBlock2D"] * 3,
            "add_attention": False,
            "mid_block_scale_factor": 1.4142135,
            "act_fn": "mish",
            "time_embedding_dim": 20,
        },
        {"size": [8, 12]},
    ),
    "mid attention rescaled, with a norm of its own": (
        BASE | {"mid_block_scale_factor": 2, "attn_norm_num_groups": 3, "resnet_time_scale_shift": "scale_shift"},
        {},
    ),
    "fourier time, attention everywhere": (
        BASE
        | {
            "time_embedding_type": "fourier",
            "down_block_types": ["AttnDownBlock2D"] * 2,
            "up_block_types": ["AttnUpBlock2D"] * 2,
        },
        {"timesteps": [0.31, 4.7]},
    ),
    "learned time, no middle": (
        BASE | {"time_embedding_type": "learned", "num_train_timesteps": 7, "mid_block_type": None},
        {"timesteps": [6, 2]},
    ),
    "dropout": (BASE | {"dropout": 0.3}, {"masks": True}),
    "attention in the middle of the U only on the way up": (
        BASE
        | {
            "block_out_channels": [8, 8, 12],
            "down_block_types": ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
            "act_fn": "relu",
        },
        {"size": [4, 8]},
    ),
}


def drop_by_formula(model: torch.nn.Module, rate: float) -> None:
    """Puts masks that both sides can compute in place of PyTorch's random ones."""
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Dropout) and name.split(".")[-3] == "resnets":

            def forward(x: torch.Tensor, name: str = name) -> torch.Tensor:
                keep = torch.from_numpy(uniforms(name, x.numel()) >= 2 * rate - 1).reshape(x.shape)
                return x * keep / (1 - rate)

            module.forward = forward


def run(config: dict, options: dict) -> dict:
    model = UNet2DModel(**config).double().eval()
    fill(model)
    if options.get("masks"):
        drop_by_formula(model, config["dropout"])
    height, width = options.get("size", [6, 8])
    timesteps = options.get("timesteps", [999, 3])
    x = signal("input", [2, config["in_channels"], height, width]).requires_grad_()
    learned = config.get("time_embedding_type") == "learned"
    t = torch.tensor(timesteps, dtype=torch.int64 if learned else torch.float64)
    labels = torch.tensor(options["labels"]) if "labels" in options else None
    y = model(x, t, class_labels=labels).sample
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "size": [height, width],
        "timesteps": timesteps,
        "labels": options.get("labels"),
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters() if p.requires_grad},
        "constants": [n for n, p in model.named_parameters() if not p.requires_grad],
    }


if __name__ == "__main__":
    cases = {name: run(*case) for name, case in CASES.items()}
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    path = Path(__file__).parent / "fixtures" / "unet2d.json"
    path.write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
