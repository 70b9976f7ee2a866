"""Writes fixtures/unet_condition.json: outputs and gradients of diffusers' UNet2DConditionModel."""

import json
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DConditionModel

from formula import digest, fill, rounded, signal

BASE = {
    "in_channels": 2,
    "out_channels": 2,
    "block_out_channels": [8, 12],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": 5,
    "attention_head_dim": 2,
}
CASES = {
    "cross-attention at the top": (BASE, {}),
    "every odd option": (
        BASE
        | {
            "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
            "layers_per_block": [1, 2],
            "transformer_layers_per_block": [1, 2],
            "attention_head_dim": [2, 4],
            "use_linear_projection": True,
            "resnet_time_scale_shift": "scale_shift",
            "num_class_embeds": 3,
            "act_fn": "gelu",
            "flip_sin_to_cos": False,
            "freq_shift": 1,
            "mid_block_scale_factor": 1.5,
            "downsample_padding": 0,
            "center_input_sample": True,
        },
        {"labels": [2, 0]},
    ),
    "no middle": (BASE | {"mid_block_type": None, "time_embedding_dim": 20}, {}),
}


def run(config: dict, options: dict) -> dict:
    model = UNet2DConditionModel(**config).double().eval()
    fill(model)
    x = signal("input", [2, config["in_channels"], 4, 6]).requires_grad_()
    context = signal("context", [2, 3, config["cross_attention_dim"]]).requires_grad_()
    t = torch.tensor([999.0, 3.0], dtype=torch.float64)
    labels = torch.tensor(options["labels"]) if "labels" in options else None
    y = model(x, t, context, class_labels=labels).sample
    (y * signal("projection", list(y.shape))).sum().backward()
    return {
        "config": config,
        "labels": options.get("labels"),
        "output": rounded(y.detach().flatten().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "contextGradient": rounded(digest("context", context.grad)),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in model.named_parameters()},
    }


if __name__ == "__main__":
    cases = {name: run(*case) for name, case in CASES.items()}
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    path = Path(__file__).parent / "fixtures" / "unet_condition.json"
    path.write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
