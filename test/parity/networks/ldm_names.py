"""Writes fixtures/ldm_names.json: names of one-file checkpoints, and what diffusers' own converters make of each. Run: python ldm_names.py

No library writes the ldm layout any more, so names are proposed here, and count only if the converter gives every tensor of
the network back, each from another name.
"""

import json
import re
from pathlib import Path

import diffusers
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from transformers import CLIPTextConfig, CLIPTextModel

CROSS, PLAIN = "CrossAttnDownBlock2D", "DownBlock2D"
UP = {CROSS: "CrossAttnUpBlock2D", PLAIN: "UpBlock2D"}


def unet_config(blocks: list[str], layers: int) -> dict:
    return {
        "block_out_channels": [4 * (i + 1) for i in range(len(blocks))],
        "down_block_types": blocks,
        "up_block_types": [UP[block] for block in reversed(blocks)],
        "layers_per_block": layers,
        "norm_num_groups": 2,
        "cross_attention_dim": 6,
        "attention_head_dim": 2,
    }


def vae_config(levels: int, layers: int) -> dict:
    return {
        "block_out_channels": [4 * (i + 1) for i in range(levels)],
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": layers,
        "norm_num_groups": 2,
    }


UNETS = {
    "as Stable Diffusion, three levels": unet_config([CROSS, CROSS, PLAIN], 2),
    "attention below only": unet_config([PLAIN, CROSS], 1),
}
VAES = {"as Stable Diffusion": vae_config(4, 2), "two levels": vae_config(2, 1)}
TEXT = {"hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 9}

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}


def proposed_unet(names: list[str], config: dict) -> list[str]:
    """Walks down and up the U as ldm's constructor does, and names what stands at each step."""
    levels, layers = len(config["block_out_channels"]), config["layers_per_block"]
    places = {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "mid_block.resnets.0": "middle_block.0",
        "mid_block.attentions.0": "middle_block.1",
        "mid_block.resnets.1": "middle_block.2",
    }
    step = 1
    for i in range(levels):
        for j in range(layers):
            places[f"down_blocks.{i}.resnets.{j}"] = f"input_blocks.{step}.0"
            places[f"down_blocks.{i}.attentions.{j}"] = f"input_blocks.{step}.1"
            step += 1
        places[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{step}.0.op"
        step += 1
    step = 0
    for i in range(levels):
        for j in range(layers + 1):
            places[f"up_blocks.{i}.resnets.{j}"] = f"output_blocks.{step}.0"
            places[f"up_blocks.{i}.attentions.{j}"] = f"output_blocks.{step}.1"
            step += 1
        place = 2 if "Attn" in config["up_block_types"][i] else 1
        places[f"up_blocks.{i}.upsamplers.0.conv"] = f"output_blocks.{step - 1}.{place}.conv"
    return [place_of(name, places) for name in names]


def place_of(name: str, places: dict) -> str:
    prefix = next(p for p in sorted(places, key=len, reverse=True) if name.startswith(p + "."))
    rest = name[len(prefix) + 1 :]
    if ".resnets." in f".{prefix}.":
        layer, last = rest.split(".")
        rest = f"{RESNET[layer]}.{last}"
    return f"{places[prefix]}.{rest}"


def proposed_vae(names: list[str], config: dict) -> list[str]:
    last = len(config["block_out_channels"]) - 1

    def one(name: str) -> str:
        name = re.sub(r"down_blocks\.(\d)\.", r"down.\1.", name)
        name = re.sub(r"up_blocks\.(\d)\.", lambda m: f"up.{last - int(m[1])}.", name)
        name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
        for old, new in {
            "mid_block.attentions.0.group_norm": "mid.attn_1.norm",
            "mid_block.attentions.0.to_out.0": "mid.attn_1.proj_out",
            "mid_block.attentions.0.to_": "mid.attn_1.",
            "resnets": "block",
            "downsamplers.0": "downsample",
            "upsamplers.0": "upsample",
            "conv_shortcut": "nin_shortcut",
            "conv_norm_out": "norm_out",
        }.items():
            name = name.replace(old, new)
        return name

    return [one(name) for name in names]


def pairs(model: torch.nn.Module, prefix: str, proposed: list[str], convert) -> list:
    """[name in the file, the converter's name], and the shape in the file where it is another, for every tensor of the model."""
    state = model.state_dict()
    stored, reshaped = {}, {}
    for i, (name, ldm) in enumerate(zip(state, proposed)):
        shape = list(state[name].shape)
        if ".attn_1." in ldm and len(shape) == 2:
            shape += [1, 1]
            reshaped[prefix + ldm] = shape
        assert prefix + ldm not in stored, ldm
        stored[prefix + ldm] = torch.full(shape, float(i))
    converted = convert(dict(stored))
    name_of = {int(tensor.flatten()[0]): name for name, tensor in converted.items()}
    result = [[ldm, name_of[int(tensor.flatten()[0])], *filter(None, [reshaped.get(ldm)])] for ldm, tensor in stored.items()]
    assert sorted(name for _, name, *_ in result) == sorted(state), "the converter gives other names"
    return result


if __name__ == "__main__":
    cases = []
    for config in UNETS.values():
        model = UNet2DConditionModel(**config)
        names = proposed_unet(list(model.state_dict()), config)
        found = pairs(model, "model.diffusion_model.", names, lambda c: convert_ldm_unet_checkpoint(c, config=config))
        cases.append({"part": "unet", "config": config, "names": found})
    for config in VAES.values():
        model = AutoencoderKL(**config)
        names = proposed_vae(list(model.state_dict()), config)
        found = pairs(model, "first_stage_model.", names, lambda c: convert_ldm_vae_checkpoint(c, config=config))
        cases.append({"part": "vae", "config": config, "names": found})
    text = CLIPTextModel(CLIPTextConfig(**TEXT, max_position_embeddings=5))
    names = [f"text_model.{name.removeprefix('text_model.')}" for name in text.state_dict()]
    found = pairs(text, "cond_stage_model.transformer.", names, lambda c: {
        name.removeprefix("text_model.") if next(iter(text.state_dict())).startswith("embeddings") else name: tensor
        for name, tensor in convert_ldm_clip_checkpoint(c).items()
    })
    cases.append({"part": "text_encoder", "config": TEXT, "names": found})
    path = Path(__file__).parent / "fixtures" / "ldm_names.json"
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    path.write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes", [len(case["names"]) for case in cases])
