"""Opens pipelines that this library saved in diffusers' StableDiffusionPipeline, and compares what both draw; writes saved.json.

Run by hand from the root of the repository, after `pip install -r test/parity/requirements.txt`:
    python test/parity/latent/open_saved.py [assets/tiny-stable-diffusion]
saved.json holds the hash of each folder, and `npm test` fails when what is saved has another by now: run this again then.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import diffusers
import numpy as np
import torch
import transformers
from diffusers import StableDiffusionPipeline

HERE = Path(__file__).parent
warnings.filterwarnings("ignore")
torch.set_num_threads(1)


def compared(folder: str, request: dict, ours: dict) -> dict:
    # Without a type transformers opens the text encoder in the file's float16, and diffusers the rest in float32.
    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    size = pipeline.unet.config.sample_size * pipeline.vae_scale_factor

    def drawn(kind: str):
        generator = torch.Generator().manual_seed(request["seed"])
        return pipeline(
            prompt=request["prompt"],
            negative_prompt=request["negative"],
            num_inference_steps=request["steps"],
            guidance_scale=request["guidance"],
            height=size,
            width=size,
            generator=generator,
            output_type=kind,
        ).images

    latents = drawn("latent").permute(0, 2, 3, 1).flatten()
    picture = (drawn("np") * 255).round().astype(int).flatten()
    assert torch.isfinite(latents).all() and picture.std() > 1
    apart = (torch.tensor(ours["latents"]) - latents).abs().max() / latents.abs().max()
    return {
        "sha256": ours["sha256"],
        "opened by": type(pipeline).__name__,
        "latents": float(f"{float(apart):.2g}"),
        "pixels": int(np.abs(np.array(ours["picture"]).astype(int) - picture).max()),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = str(HERE / "write-saved.ts")
        subprocess.run(["node", "--import", "tsx", script, folder, *sys.argv[1:]], check=True)
        made = json.loads((Path(folder) / "drawn.json").read_text())
        seen = {name: compared(one["folder"], made["request"], one) for name, one in made["drawn"].items()}
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__, "transformers": transformers.__version__}
    path = HERE / "saved.json"
    result = {"versions": versions, "request": made["request"], "models": seen}
    # Small numbers as Prettier writes them: 8.5e-7.
    text = json.dumps(result, indent=2, ensure_ascii=False).replace("e-0", "e-")
    path.write_text(text + "\n")
    print(path.read_text())


if __name__ == "__main__":
    main()
