"""A narrow Stable Diffusion: the published topology, a few channels, weights by formula, 600 tokens."""

import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "networks"))
from formula import fill, uniforms  # noqa: E402

UNET = {
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": [8, 16, 16, 16],
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "cross_attention_dim": 12,
    "attention_head_dim": 2,
}
VAE = {
    "sample_size": 64,
    "block_out_channels": [4, 8, 8, 8],
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "latent_channels": 4,
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    # The formula's latents have a deviation of about 0.3.
    "scaling_factor": 3.0,
}
WORDS = ["a ", "the ", "small ", "large ", "fox ", "house ", "red ", "green ", "on ", "hill "]


def write_tokenizer(folder: Path) -> None:
    """Bytes, bytes that end a word, and the merges that make the words above: vocab.json and merges.txt, as published."""
    codes = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {code: chr(code) for code in codes}
    for code in range(256):
        if code not in letters:
            letters[code] = chr(256 + len(letters) - len(codes))
    ordered = [letters[code] for code in codes] + [letters[c] for c in range(256) if c not in codes]
    tokens = ordered + [letter + "</w>" for letter in ordered]
    merges = []
    for word in WORDS:
        parts = list(word.strip())
        parts[-1] += "</w>"
        while len(parts) > 1:
            pair = (parts[0], parts[1])
            if pair not in merges:
                merges.append(pair)
                tokens.append("".join(pair))
            parts = ["".join(pair), *parts[2:]]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}) + "\n")
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in merges), ""]))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    config = {**special, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer", "do_lower_case": True, "errors": "replace"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")


def prefixed(model: CLIPTextModel) -> None:
    """The formula by the names of the published files, which transformers 5 writes without their prefix."""

    class Named(torch.nn.Module):
        def named_parameters(self, *_, **__):
            for name, tensor in model.named_parameters():
                yield (name if name.startswith("text_model.") else f"text_model.{name}"), tensor

    fill(Named())


def made(in_channels: int = 4):
    """The parts, filled: U-Net, autoencoder, text encoder, tokenizer."""
    tokenizer_folder = HERE / "fixtures" / "pipeline" / "tokenizer"
    if not tokenizer_folder.exists():
        write_tokenizer(tokenizer_folder)
    tokenizer = CLIPTokenizer.from_pretrained(tokenizer_folder)
    unet = UNet2DConditionModel(**{**UNET, "in_channels": in_channels})
    vae = AutoencoderKL(**VAE)
    size = len(json.loads((tokenizer_folder / "vocab.json").read_text()))
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=size,
            hidden_size=12,
            intermediate_size=24,
            num_hidden_layers=3,
            num_attention_heads=2,
            max_position_embeddings=77,
            bos_token_id=size - 2,
            eos_token_id=size - 1,
            pad_token_id=size - 1,
        )
    )
    fill(unet)
    fill(vae)
    prefixed(text)
    for part in (unet, vae, text):
        part.eval()
    return unet, vae, text, tokenizer


def picture(height: int, width: int) -> torch.Tensor:
    """Waves and a little grain in -1 ... 1, [1, 3, height, width]."""
    y = torch.arange(height).double()[:, None]
    x = torch.arange(width).double()[None, :]
    waves = torch.stack([torch.sin((c + 2) * x / 9) * torch.cos((4 - c) * y / 11) for c in range(3)])
    grain = torch.from_numpy(uniforms("picture", 3 * height * width).reshape(3, height, width))
    return (0.7 * waves + 0.2 * grain)[None].float()


def hole(height: int, width: int) -> torch.Tensor:
    """1 in a rectangle off the middle, [1, 1, height, width]."""
    mask = torch.zeros(1, 1, height, width)
    mask[..., height // 4 : height * 3 // 4 + 3, width // 2 :] = 1
    return mask
