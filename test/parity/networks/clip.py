"""CLIP against transformers.

`python clip.py`       writes fixtures/clip.json: outputs and gradients; and fixtures/clip/: folders in every layout.
`python clip.py check` has this library write CLIP's networks, opens them with from_pretrained, and compares.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
)

from formula import digest, fill, rounded, signal

HERE = Path(__file__).parent
TEXT = {
    "vocab_size": 11,
    "hidden_size": 8,
    "intermediate_size": 12,
    "projection_dim": 6,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "max_position_embeddings": 7,
    "eos_token_id": 10,
}
VISION = {
    "hidden_size": 12,
    "intermediate_size": 10,
    "projection_dim": 6,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_channels": 3,
    "image_size": 6,
    "patch_size": 3,
}
# Ends at different places, and twice; the third row has no end but where it is the largest number.
TOKENS = [[9, 3, 1, 10, 10, 10, 10], [9, 0, 5, 5, 2, 7, 10], [9, 4, 4, 8, 5, 10, 1]]
CASES = {
    "text": ("CLIPTextModel", TEXT),
    "text, first end": ("CLIPTextModel", TEXT | {"eos_token_id": 5, "hidden_act": "gelu", "layer_norm_eps": 1e-3}),
    "text, former end": ("CLIPTextModel", TEXT | {"eos_token_id": 2, "num_hidden_layers": 1}),
    "text with projection": ("CLIPTextModelWithProjection", TEXT | {"num_hidden_layers": 1}),
    "vision": ("CLIPVisionModel", VISION),
    "vision, a rest after whole patches": ("CLIPVisionModel", VISION | {"image_size": 8, "hidden_act": "gelu"}),
    "vision with projection": ("CLIPVisionModelWithProjection", VISION | {"num_hidden_layers": 1}),
    "both": ("CLIPModel", {"text_config": TEXT, "vision_config": VISION, "projection_dim": 5}),
}


class Named(torch.nn.Module):
    """A tower under the name that published files give it, which version 5 leaves out."""

    def __init__(self, name: str, model: torch.nn.Module):
        super().__init__()
        setattr(self, name, model)


def build(name: str, config: dict) -> torch.nn.Module:
    if name == "CLIPModel":
        return CLIPModel(CLIPConfig(**config))
    kind = getattr(transformers, name)
    return kind(CLIPTextConfig(**config) if "Text" in name else CLIPVisionConfig(**config))


def named(model: torch.nn.Module) -> torch.nn.Module:
    name = type(model).__name__
    bare = {"CLIPTextModel": "text_model", "CLIPVisionModel": "vision_model"}
    return Named(bare[name], model) if name in bare else model


def image_input(model: torch.nn.Module) -> torch.Tensor:
    config = getattr(model.config, "vision_config", model.config)
    return signal("input", [3, config.num_channels, config.image_size, config.image_size])


def outputs(model: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Everything the class gives, as one tensor; x is images, or multiplies what is pooled of texts."""
    name, tokens = type(model).__name__, torch.tensor(TOKENS)
    if name == "CLIPModel":
        y = model(input_ids=tokens, pixel_values=x, return_loss=True)
        return torch.cat([y.logits_per_image.flatten(), y.loss[None]])
    if "Vision" in name:
        y = model(pixel_values=x)
        return torch.cat([y.last_hidden_state.flatten(), (y.image_embeds if "With" in name else y.pooler_output).flatten()])
    y = model(input_ids=tokens)
    pooled = y.text_embeds if "With" in name else y.pooler_output
    return torch.cat([y.last_hidden_state.flatten(), (pooled * x).flatten()])


def probe_of(model: torch.nn.Module) -> torch.Tensor:
    name = type(model).__name__
    if name in ("CLIPTextModel", "CLIPTextModelWithProjection"):
        config = model.config
        return signal("input", [3, config.projection_dim if "With" in name else config.hidden_size])
    return image_input(model)


def run(name: str, config: dict) -> dict:
    model = build(name, config).double().eval()
    whole = named(model)
    fill(whole)
    x = probe_of(model).requires_grad_()
    y = outputs(model, x)
    (y * signal("projection", list(y.shape))).sum().backward()
    result = {
        "class": name,
        "config": config,
        "input": list(x.shape),
        "output": rounded(y.detach().tolist()),
        "inputGradient": rounded(x.grad.flatten().tolist()),
        "gradients": {n: rounded(digest(n, p.grad)) for n, p in whole.named_parameters()},
    }
    if name == "CLIPTextModel":
        # As diffusers takes it: an earlier state, and the final norm again.
        with torch.no_grad():
            states = model(torch.tensor(TOKENS), output_hidden_states=True).hidden_states
            skipped = [model.final_layer_norm(states[-1 - k]) for k in range(len(states))]
        result["skipped"] = [rounded(h.flatten().tolist()) for h in skipped]
    return result


# Keys that transformers wrote into configurations when CLIP was published.
FORMER_KEYS = {
    "_name_or_path": "openai/clip-vit-large-patch14",
    "architectures": ["CLIPTextModel"],
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "dropout": 0.0,
    "eos_token_id": 2,
    "initializer_factor": 1.0,
    "initializer_range": 0.02,
    "model_type": "clip_text_model",
    "pad_token_id": 1,
    "torch_dtype": "float32",
    "transformers_version": "4.19.2",
}


def write_folders() -> None:
    folders = HERE / "fixtures" / "clip"
    shutil.rmtree(folders, ignore_errors=True)
    expected = {}
    for case, options in {
        "text": {},
        "text with projection": {},
        "vision": {},
        "vision with projection": {"max_shard_size": "1KB"},
        "both": {},
    }.items():
        model = build(*CASES[case])
        fill(named(model))
        folder = folders / case.replace(" ", "-")
        model.save_pretrained(folder, **options)
        expected[folder.name] = rounded(outputs(model.double().eval(), probe_of(model)).tolist())
    # The layout of Stable Diffusion 1.5: the tower's name, the buffer of positions, float16 as a variant.
    published = folders / "published"
    published.mkdir()
    weights = {f"text_model.{n}": t for n, t in load_file(folders / "text" / "model.safetensors").items()}
    positions = torch.arange(TEXT["max_position_embeddings"])[None]
    halves = {n: t.half() for n, t in weights.items()} | {"text_model.embeddings.position_ids": positions}
    save_file(halves, published / "model.fp16.safetensors", metadata={"format": "pt"})
    (published / "config.json").write_text(json.dumps(TEXT | FORMER_KEYS) + "\n")
    model = CLIPTextModel.from_pretrained(published, variant="fp16").double().eval()
    expected["published"] = rounded(outputs(model, probe_of(model)).tolist())
    (folders / "expected.json").write_text(json.dumps(expected) + "\n")
    print(sum(f.stat().st_size for f in folders.rglob("*") if f.is_file()), "bytes")


def write_fixtures() -> None:
    cases = {name: run(*case) for name, case in CASES.items()}
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    path = HERE / "fixtures" / "clip.json"
    text = json.dumps({"versions": versions, "tokens": TOKENS, "cases": cases}, separators=(",", ":"))
    path.write_text(text + "\n")
    print(path, path.stat().st_size, "bytes")
    write_folders()


def check() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--import", "tsx", str(HERE / "write-clip.ts"), folder], check=True)
        for path in sorted(Path(folder).iterdir()):
            name = json.loads((path / "config.json").read_text())["architectures"][0]
            model, info = getattr(transformers, name).from_pretrained(path, output_loading_info=True)
            assert not any(info.values()), info
            ours = torch.tensor(json.loads((path / "output.json").read_text()), dtype=torch.float64)
            with torch.no_grad():
                theirs = outputs(model.double().eval(), probe_of(model))
            error = float((ours - theirs).norm() / theirs.norm())
            print(f"{path.name} ({name}): relative difference {error:.1e}")
            assert error < 1e-5


if __name__ == "__main__":
    {"fixtures": write_fixtures, "check": check}[sys.argv[1] if len(sys.argv) > 1 else "fixtures"]()
