"""What diffusers' Stable Diffusion pipelines draw with a narrow model, for each scheduler, from seeds.

Run by hand after `pip install -r ../requirements.txt`:  python make_fixtures.py
"""

import base64
import json
import shutil
import warnings

import diffusers
import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    KDPM2DiscreteScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UniPCMultistepScheduler,
)
from parts import HERE, hole, made, picture

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
FIXTURES = HERE / "fixtures"
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
# As a folder of today says it, and as the first folders did, which are silent about the spacing.
SILENT = {**BETAS, "steps_offset": 1, "set_alpha_to_one": False, "skip_prk_steps": True}
PUBLISHED = PNDMScheduler(**SILENT, timestep_spacing="leading")
PROMPT = {"prompt": "a small red fox on the green hill", "negative_prompt": "house"}

# By name: the scheduler, as it is made where its keys are published beside a model.
SCHEDULERS = {
    "PNDM": PUBLISHED,
    "DDIM": DDIMScheduler(**BETAS, steps_offset=1, set_alpha_to_one=False, clip_sample=False),
    "DDIM, trailing, to the data": DDIMScheduler(**BETAS, timestep_spacing="trailing", clip_sample=False, steps_offset=1),
    "DDIM, velocity": DDIMScheduler(**BETAS, steps_offset=1, prediction_type="v_prediction", clip_sample=False),
    "DDPM": DDPMScheduler(**BETAS, clip_sample=False, steps_offset=1),
    "Euler": EulerDiscreteScheduler(**BETAS),
    "Euler, leading": EulerDiscreteScheduler(**BETAS, timestep_spacing="leading", steps_offset=1),
    "Euler, trailing": EulerDiscreteScheduler(**BETAS, timestep_spacing="trailing"),
    "Euler, Karras": EulerDiscreteScheduler(**BETAS, use_karras_sigmas=True),
    "Euler, velocity": EulerDiscreteScheduler(**BETAS, prediction_type="v_prediction"),
    "Euler ancestral": EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="leading", steps_offset=1),
    "Heun": HeunDiscreteScheduler(**BETAS),
    "LMS": LMSDiscreteScheduler(**BETAS),
    "KDPM2": KDPM2DiscreteScheduler(**BETAS),
    "DPM-Solver++ 2M": DPMSolverMultistepScheduler(**BETAS),
    "DPM-Solver++ 2M, leading": DPMSolverMultistepScheduler(**BETAS, timestep_spacing="leading", steps_offset=1),
    "DPM-Solver++ 2M, Karras": DPMSolverMultistepScheduler(**BETAS, use_karras_sigmas=True),
    "DPM-Solver++ 1": DPMSolverMultistepScheduler(**BETAS, solver_order=1),
    "SDE-DPM-Solver++ 2M": DPMSolverMultistepScheduler(**BETAS, algorithm_type="sde-dpmsolver++"),
    "UniPC": UniPCMultistepScheduler(**BETAS),
    "UniPC-3": UniPCMultistepScheduler(**BETAS, solver_order=3),
}


def generators(seed: int, count: int = 1) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed + i) for i in range(count)]


def rounded(latents: torch.Tensor) -> list[float]:
    assert torch.isfinite(latents).all()
    return [float(f"{value:.6g}") for value in latents.permute(0, 2, 3, 1).flatten().tolist()]


def run(pipeline, seed: int, count: int = 1, images: bool = False, **options) -> dict:
    """Latents in the order N, h, w, C; pictures as bytes."""
    pipeline.set_progress_bar_config(disable=True)
    latents = pipeline(generator=generators(seed, count), output_type="latent", **options).images
    result = {"shape": [latents.shape[i] for i in (0, 2, 3, 1)], "latents": rounded(latents)}
    if images:
        drawn = pipeline(generator=generators(seed, count), output_type="np", **options).images
        result["images"] = base64.b64encode((drawn * 255).round().astype("uint8").tobytes()).decode()
    return result


def keys(pipeline) -> dict:
    """As a folder has them."""
    pipeline.scheduler.save_pretrained(FIXTURES / "tmp")
    text = (FIXTURES / "tmp" / "scheduler_config.json").read_text()
    shutil.rmtree(FIXTURES / "tmp")
    return json.loads(text, parse_constant=lambda name: None)


def states(text, tokenizer) -> dict:
    """What the text encoder makes of each prompt: its last states, and those without the last layer, normalised."""
    made_of = {}
    for prompt in [*PROMPT.values(), ""]:
        ids = tokenizer(prompt, padding="max_length", max_length=77, return_tensors="pt").input_ids
        with torch.no_grad():
            output = text(ids, output_hidden_states=True)
            skipped = text.final_layer_norm(output.hidden_states[-2])
        digits = lambda values: [float(f"{value:.7g}") for value in values.flatten().tolist()]  # noqa: E731
        made_of[prompt] = {"tokens": ids[0].tolist(), "states": [digits(output.last_hidden_state), digits(skipped)]}
    return made_of


def main() -> None:
    unet, vae, text, tokenizer = made()
    parts = {"vae": vae, "text_encoder": text, "tokenizer": tokenizer, "safety_checker": None, "feature_extractor": None}
    without = {"requires_safety_checker": False}
    build = lambda kind, scheduler, network=unet: kind(**parts, unet=network, scheduler=scheduler, **without)  # noqa: E731
    cases = []

    def add(kind: str, name: str, pipeline, steps: int = 10, **options) -> None:
        drawn = run(pipeline, 7, num_inference_steps=steps, **PROMPT, **options)
        kept = {k: v for k, v in options.items() if isinstance(v, (int, float))}
        cases.append({"kind": kind, "name": name, "scheduler": keys(pipeline), "steps": steps, "options": kept, **drawn})

    for name, scheduler in SCHEDULERS.items():
        add("text", name, build(StableDiffusionPipeline, scheduler), guidance_scale=5.0)
    # What pipeline.scheduler = Other.from_config(pipeline.scheduler.config) makes of the published one.
    published = build(StableDiffusionPipeline, PUBLISHED)
    silent = {"_class_name": "PNDMScheduler", **SILENT}
    for name in ["Euler", "DPM-Solver++ 2M"]:
        other = type(SCHEDULERS[name]).from_config(silent)
        drawn = run(build(StableDiffusionPipeline, other), 7, num_inference_steps=10, guidance_scale=5.0, **PROMPT)
        cases.append({"kind": "text", "name": f"silent keys in {name}", "scheduler": silent, "steps": 10, "options": {"guidance_scale": 5.0}, **drawn, "sampler": name})
    for name in ["DDIM", "Euler", "Heun", "LMS", "DPM-Solver++ 2M", "UniPC"]:
        other = type(SCHEDULERS[name]).from_config(published.scheduler.config)
        drawn = run(build(StableDiffusionPipeline, other), 7, num_inference_steps=10, guidance_scale=5.0, **PROMPT)
        cases.append({"kind": "text", "name": f"PNDM's keys in {name}", "scheduler": keys(published), "steps": 10, "options": {"guidance_scale": 5.0}, **drawn, "sampler": name})

    ddim, euler, dpm = (SCHEDULERS[name] for name in ["DDIM", "Euler", "DPM-Solver++ 2M"])
    add("text", "PNDM in 50 steps", published, steps=50, guidance_scale=7.5, images=True)
    add("text", "two of another size", build(StableDiffusionPipeline, ddim), guidance_scale=3.0, count=2, num_images_per_prompt=2, height=48, width=80)
    add("text", "rescaled", build(StableDiffusionPipeline, ddim), guidance_scale=7.5, guidance_rescale=0.7)
    add("text", "eta", build(StableDiffusionPipeline, ddim), guidance_scale=5.0, eta=0.6)
    add("text", "unguided", build(StableDiffusionPipeline, ddim), guidance_scale=1.0)
    # transformers 5 has no text_model, which diffusers asks for its last norm.
    object.__setattr__(text, "text_model", text)
    add("text", "without the last layer", build(StableDiffusionPipeline, ddim), guidance_scale=5.0, clip_skip=1)

    image = picture(64, 64)
    mask = hole(64, 64)
    for name, scheduler, strength in [("DDIM", ddim, 0.6), ("Euler", euler, 0.55), ("DPM-Solver++ 2M", dpm, 0.8), ("Heun", SCHEDULERS["Heun"], 0.5)]:
        add("image", name, build(StableDiffusionImg2ImgPipeline, scheduler), guidance_scale=5.0, image=image, strength=strength, images=name == "DDIM")
    for name, scheduler, strength in [("DDIM", ddim, 1.0), ("Euler", euler, 0.7), ("DPM-Solver++ 2M", dpm, 1.0), ("PNDM", PUBLISHED, 1.0)]:
        add("inpaint", name, build(StableDiffusionInpaintPipeline, scheduler), guidance_scale=5.0, image=image, mask_image=mask, strength=strength, images=name == "DDIM")
    painter = made(in_channels=9)[0]
    for name, scheduler, strength in [("DDIM", ddim, 1.0), ("Euler ancestral", SCHEDULERS["Euler ancestral"], 0.7)]:
        add("paint", name, build(StableDiffusionInpaintPipeline, scheduler, painter), guidance_scale=5.0, image=image, mask_image=mask, strength=strength)

    result = {"diffusers": diffusers.__version__, "prompt": PROMPT, "texts": states(text, tokenizer), "cases": cases}
    (FIXTURES / "pipelines.json").write_text(json.dumps(result) + "\n")
    # The folder without its weights, which are a formula.
    published.save_pretrained(FIXTURES / "saved")
    for path in sorted((FIXTURES / "saved").rglob("*.json")):
        if path.parent.name != "tokenizer":
            target = FIXTURES / "pipeline" / path.relative_to(FIXTURES / "saved")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.rmtree(FIXTURES / "saved")


main()
