"""What diffusers draws with a LoRA in each way of naming one, and with learned words, on the narrow pipeline of parts.py.

Writes fixtures/lora.json: names and shapes of the files (their numbers are formulas), and latents. Run by hand:  python lora.py
"""

import json
import tempfile
import warnings
from pathlib import Path

import diffusers
import peft
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from parts import HERE, made, uniforms
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
RANK = 3
# Layers of each part: attention, a convolution, a shortcut of one pixel, a two-layer network.
UNET = [
    *(f"down_blocks.1.attentions.0.transformer_blocks.0.attn{i}.{m}" for i in (1, 2) for m in ("to_q", "to_k", "to_v", "to_out.0")),
    "up_blocks.2.attentions.1.proj_in",
    "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj",
    "down_blocks.1.resnets.0.conv1",
    "down_blocks.1.resnets.0.conv_shortcut",
]
TEXT = [f"text_model.encoder.layers.{i}.{m}" for i in (0, 2) for m in ("self_attn.q_proj", "self_attn.out_proj", "mlp.fc1")]


def layer(module: torch.nn.Module, name: str) -> torch.nn.Module:
    try:
        return module.get_submodule(name)
    except AttributeError:
        return module.get_submodule(name.removeprefix("text_model."))


def numbers(name: str, shape: list[int]) -> torch.Tensor:
    size = int(torch.tensor(shape).prod())
    return 0.4 * torch.from_numpy(uniforms(name, size).astype("float32")).reshape(shape)


def file_of(pipeline, kind: str) -> dict:
    """Tensors under the names of a kind."""
    tensors = {}
    for part, names in {"unet": UNET, "text_encoder": TEXT}.items():
        if kind == "former" and part == "text_encoder":
            continue
        for name in names:
            if kind == "former" and ".to_" not in name:
                continue
            weight = layer(getattr(pipeline, part), name).weight
            out, into, *kernel = weight.shape
            if kind == "peft":
                keys = [f"{part}.{name}.lora_A.weight", f"{part}.{name}.lora_B.weight"]
            elif kind == "former":
                place, which = name.rsplit(".to_", 1)
                keys = [f"{part}.{place}.processor.to_{which.removesuffix('.0')}_lora.{way}.weight" for way in ("down", "up")]
            else:
                stem = {"unet": "lora_unet_", "text_encoder": "lora_te_"}[part] + name.replace(".", "_")
                keys = [f"{stem}.lora_down.weight", f"{stem}.lora_up.weight"]
                tensors[f"{stem}.alpha"] = torch.tensor(2.0)
            for key, shape in zip(keys, [[RANK, into, *kernel], [out, RANK, *[1 for _ in kernel]]]):
                tensors[key] = numbers(key, shape)
    return tensors


def drawn(pipeline, prompt: str) -> list[float]:
    pipeline.set_progress_bar_config(disable=True)
    latents = pipeline(prompt=prompt, negative_prompt="house", num_inference_steps=4, guidance_scale=5.0, output_type="latent", generator=torch.Generator().manual_seed(7)).images
    assert torch.isfinite(latents).all()
    return [float(f"{value:.6g}") for value in latents.permute(0, 2, 3, 1).flatten().tolist()]


def built():
    unet, vae, text, tokenizer = made()
    parts = {"vae": vae, "text_encoder": text, "tokenizer": tokenizer, "unet": unet, "safety_checker": None, "feature_extractor": None}
    scheduler = DDIMScheduler(**BETAS, steps_offset=1, set_alpha_to_one=False, clip_sample=False)
    return StableDiffusionPipeline(**parts, scheduler=scheduler, requires_safety_checker=False)


def require_unchanged(pipeline) -> None:
    """These versions warn that they draw parameters of the text encoder anew when they load a LoRA; they do not."""
    before = {n.removeprefix("text_model."): t for n, t in built().text_encoder.state_dict().items()}
    for name, tensor in pipeline.text_encoder.state_dict().items():
        if ".lora_" not in name:
            assert torch.equal(tensor, before[name.replace(".base_layer", "").removeprefix("text_model.")]), name


def main() -> None:
    prompt = "a small red fox"
    cases = [{"name": "without", "tensors": {}, "scale": 1, "latents": drawn(built(), prompt)}]
    for kind, scale in [("peft", 1.0), ("peft", 0.6), ("kohya", 0.8), ("former", 1.0)]:
        pipeline = built()
        tensors = file_of(pipeline, kind)
        with tempfile.TemporaryDirectory() as folder:
            save_file(tensors, Path(folder) / "lora.safetensors")
            pipeline.load_lora_weights(folder, weight_name="lora.safetensors", adapter_name="it")
        require_unchanged(pipeline)
        pipeline.set_adapters(["it"], [scale])
        loaded = sum(isinstance(m, peft.tuners.lora.LoraLayer) for p in (pipeline.unet, pipeline.text_encoder) for m in p.modules())
        pairs = sum(key.endswith(("lora_A.weight", "down.weight")) for key in tensors)
        print(kind, scale, loaded, "layers of", pairs)
        assert loaded == pairs
        shapes = {key: list(t.shape) for key, t in tensors.items()}
        cases.append({"name": kind, "tensors": shapes, "scale": scale, "latents": drawn(pipeline, prompt)})
    words = []
    for name, shape in [("<star>", [12]), ("<moon>", [3, 12])]:
        pipeline = built()
        with tempfile.TemporaryDirectory() as folder:
            save_file({name: numbers(name, shape)}, Path(folder) / "word.safetensors")
            pipeline.load_textual_inversion(folder, weight_name="word.safetensors")
        asked = f"a small {name} on the hill"
        words.append({"token": name, "shape": shape, "prompt": asked, "latents": drawn(pipeline, asked)})
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "peft": peft.__version__}
    path = HERE / "fixtures" / "lora.json"
    path.write_text(json.dumps({"versions": versions, "prompt": prompt, "loras": cases, "words": words}, separators=(",", ":")) + "\n")
    for case in [*cases, *words]:
        print(case.get("name", case.get("token")), case["latents"][:3])
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
