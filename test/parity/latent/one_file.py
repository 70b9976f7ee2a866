"""One-file checkpoints of Stable Diffusion 1 and 2, narrow, written in their layout and opened by diffusers' `from_single_file`.

Writes fixtures/one_file.json: the names and shapes of each file, of which formula's weights each tensor is made, and what diffusers
draws from it. Run by hand after `pip install -r ../requirements.txt`:  python one_file.py
"""

import gzip
import json
import sys
import tempfile
import warnings
from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import AutoencoderKL, DDIMScheduler, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "networks"))
from formula import fill  # noqa: E402
from ldm_names import proposed_unet, proposed_vae  # noqa: E402
from parts import prefixed  # noqa: E402

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1, "set_alpha_to_one": False}
PROMPT = {"prompt": "a photo of a small red fox, 2 hills", "negative_prompt": "house"}


def unet_config(second: bool) -> dict:
    # The layout has 32 groups in every norm. Heads: 8 and 4 channels a head, or 64 channels a head.
    return {
        "sample_size": 8,
        "block_out_channels": [64, 128] if second else [32, 64],
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": 1,
        "norm_num_groups": 32,
        "cross_attention_dim": 64,
        "attention_head_dim": [1, 2] if second else 8,
        "use_linear_projection": second,
    }


VAE = {
    "sample_size": 16,
    "block_out_channels": [32, 32],
    "layers_per_block": 1,
    "norm_num_groups": 32,
    "latent_channels": 4,
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
}


def text_config(second: bool, size: int) -> dict:
    # Of the second kind the checkpoint has one layer more, which nothing looks at.
    return {
        "vocab_size": size,
        "hidden_size": 64,
        "projection_dim": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 1,
        "hidden_act": "gelu" if second else "quick_gelu",
        "bos_token_id": size - 2,
        "eos_token_id": size - 1,
        "pad_token_id": 0 if second else size - 1,
    }


def write_tokenizer(folder: Path, pad: str) -> int:
    """OpenAI's vocabulary as vocab.json and merges.txt."""
    codes = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = [chr(c) for c in codes] + [chr(256 + i) for i in range(256 - len(codes))]
    path = HERE.parents[2] / "assets" / "clip-vocabulary" / "bpe_simple_vocab_16e6.txt.gz"
    merges = gzip.open(path, "rt", encoding="utf-8").read().split("\n")[1:48895]
    tokens = letters + [letter + "</w>" for letter in letters] + [pair.replace(" ", "") for pair in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": pad, "unk_token": "<|endoftext|>"}
    config = {**special, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer", "do_lower_case": True, "errors": "replace"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return len(tokens)


def open_clip(names: list[str]) -> list[list]:
    """Names of OpenCLIP's encoder, each with the names of transformers it is made of, one below the other."""
    layers = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "self_attn.out_proj": "attn.out_proj"}
    ends = {
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "text_model.final_layer_norm.weight": "ln_final.weight",
        "text_model.final_layer_norm.bias": "ln_final.bias",
    }
    result = [[f"cond_stage_model.model.{ldm}", [name]] for name, ldm in ends.items()]
    for name in names:
        if ".encoder.layers." not in name:
            continue
        _, _, _, layer, *rest = name.split(".")
        inner, last = ".".join(rest[:-1]), rest[-1]
        block = f"cond_stage_model.model.transformer.resblocks.{layer}."
        if inner in layers:
            result.append([f"{block}{layers[inner]}.{last}", [name]])
        elif inner == "self_attn.q_proj":
            fused = [name.replace("q_proj", part) for part in ("q_proj", "k_proj", "v_proj")]
            result.append([f"{block}attn.in_proj_{last}", fused])
    return result


def case(folder: Path, name: str, second: bool, predicts: str, prefix: bool) -> dict:
    size = write_tokenizer(folder / "tokenizer", "!" if second else "<|endoftext|>")
    unet, vae = UNet2DConditionModel(**unet_config(second)), AutoencoderKL(**VAE)
    text = CLIPTextModel(CLIPTextConfig(**text_config(second, size)))
    fill(unet), fill(vae), prefixed(text)
    states = {"unet": unet.state_dict(), "vae": vae.state_dict()}
    states["text"] = {n if n.startswith("text_model.") else f"text_model.{n}": t for n, t in text.state_dict().items()}
    proposed = {
        "model.diffusion_model.": (list(states["unet"]), proposed_unet(list(states["unet"]), unet_config(second))),
        "first_stage_model.": (list(states["vae"]), proposed_vae(list(states["vae"]), VAE)),
    }
    tensors = [[start + ldm, [name]] for start, pair in proposed.items() for name, ldm in zip(*pair)]
    if second:
        tensors += open_clip(list(states["text"]))
    else:
        start = "cond_stage_model.transformer."
        tensors += [[start + (n if prefix else n.removeprefix("text_model.")), [n]] for n in states["text"]]
    whole = {**states["unet"], **{f"vae {n}": t for n, t in states["vae"].items()}, **states["text"]}
    file = {}
    for row in tensors:
        ldm, names = row
        key = "vae " if ldm.startswith("first_stage") else ""
        value = torch.cat([whole[key + n] for n in names])
        row.append([list(whole[key + n].shape) for n in names][0])
        if ".attn_1." in ldm and value.dim() == 2:
            value = value[:, :, None, None]
        file[ldm] = value.contiguous()
        row.append(list(value.shape))
    # What real files hold besides.
    file["alphas_cumprod"] = torch.zeros(1000)
    file["model_ema.decay"] = torch.zeros(())
    if second:
        # The last layer, of which only the names count, and what compares with images.
        extra = {n.replace("resblocks.1.", "resblocks.2."): t.clone() for n, t in file.items() if ".resblocks.1." in n}
        file = {**file, **extra, "cond_stage_model.model.text_projection": torch.zeros(64, 64), "cond_stage_model.model.logit_scale": torch.zeros(())}
    save_file(file, folder / "model.safetensors")
    scheduler = DDIMScheduler(**BETAS, prediction_type="v_prediction", clip_sample=False) if predicts == "velocity" else PNDMScheduler(**BETAS, skip_prk_steps=True, timestep_spacing="leading")
    parts = {"vae": vae, "text_encoder": text, "tokenizer": CLIPTokenizer.from_pretrained(folder / "tokenizer"), "safety_checker": None, "feature_extractor": None}
    built = StableDiffusionPipeline(**parts, unet=unet, scheduler=scheduler, requires_safety_checker=False)
    built.save_pretrained(folder / "config")
    for weights in (folder / "config").glob("*/*.safetensors"):
        weights.unlink()
    opened = built
    whose = "the parts that the file was written from"
    if not second and prefix:
        opened = StableDiffusionPipeline.from_single_file(str(folder / "model.safetensors"), config=str(folder / "config"), local_files_only=True)
        whose = "from_single_file"
        for part in ("unet", "vae", "text_encoder"):
            ours, theirs = getattr(built, part).state_dict(), getattr(opened, part).state_dict()
            assert list(ours) == list(theirs) and all(torch.equal(ours[n], theirs[n]) for n in ours), part
    elif second:
        check_open_clip(built.text_encoder, file)
        whose += ", whose text encoder diffusers' converter gave back"
    opened.set_progress_bar_config(disable=True)
    drawn = opened(**PROMPT, num_inference_steps=4, guidance_scale=5.0, height=16, width=16, output_type="latent", generator=torch.Generator().manual_seed(7)).images
    assert torch.isfinite(drawn).all()
    latents = [float(f"{v:.6g}") for v in drawn.permute(0, 2, 3, 1).flatten().tolist()]
    return {"name": name, "predicts": predicts, "opened by": whose, "tensors": tensors, "latents": latents}


def check_open_clip(text: CLIPTextModel, file: dict) -> None:
    from diffusers.loaders.single_file_utils import convert_open_clip_checkpoint

    prefix = "cond_stage_model.model."
    given = {n: t for n, t in file.items() if n.startswith(prefix)}
    given[prefix + "text_projection"] = torch.zeros(64, 64)
    converted = convert_open_clip_checkpoint(text, dict(given), prefix=prefix)
    state = {n.removeprefix("text_model."): t for n, t in text.state_dict().items()}
    converted = {n.removeprefix("text_model."): t for n, t in converted.items()}
    for name, tensor in state.items():
        assert torch.equal(tensor, converted[name]), name


if __name__ == "__main__":
    cases = []
    for name, second, predicts, prefix in [
        ("Stable Diffusion 1", False, "noise", True),
        ("Stable Diffusion 1, text encoder without its prefix", False, "noise", False),
        ("Stable Diffusion 2, velocity", True, "velocity", True),
        ("Stable Diffusion 2 base", True, "noise", True),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            made = case(Path(folder), name, second, predicts, prefix)
            print(name, made["opened by"], made["latents"][:3], len(made["tensors"]))
            # The names of a kind are listed once; without their prefix they are the same otherwise.
            if len(cases) % 2 == 1:
                del made["tensors"]
            cases.append({**made, "prefix": prefix})
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "transformers": transformers.__version__}
    path = HERE / "fixtures" / "one_file.json"
    path.write_text(json.dumps({"versions": versions, "prompt": PROMPT, "cases": cases}, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, "bytes")
