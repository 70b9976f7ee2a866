"""Opens with diffusers what this library saves, and compares what both draw; writes result.json.

Run by hand from the root of the repository, after `pip install -r test/parity/requirements.txt`:
    python test/parity/pipelines/open_models.py
result.json holds the hash of each folder, and `npm test` fails when what is saved has another by now: run this again then.
"""

import inspect
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMPipeline, EDMEulerScheduler
from safetensors.torch import load_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "networks"))
from drawing import draw, replayed  # noqa: E402
from formula import signal  # noqa: E402

torch.set_num_threads(1)
CHECKPOINT = Path("assets/mnist-unet")


def noise(number: int) -> torch.Tensor:
    return signal(f"draw {number}", [2, 1, 8, 8]).float()


def difference(ours: list[float] | torch.Tensor, theirs: torch.Tensor) -> float:
    """The largest difference, in units of the largest value, or of 1."""
    ours = torch.as_tensor(ours).flatten()
    assert torch.isfinite(theirs).all()
    return float((ours - theirs.flatten()).abs().max() / max(1.0, float(theirs.abs().max())))


def opened(folder: Path, part: str, index: dict):
    """A part by itself, as whoever has a pipeline of another class opens it."""
    library, name = index[part]
    assert library == "diffusers", (folder, part, library)
    if part == "scheduler":
        return getattr(diffusers, name).from_pretrained(folder, subfolder=part)
    network, info = getattr(diffusers, name).from_pretrained(folder, subfolder=part, output_loading_info=True)
    assert not any(info.values()), info
    return network.eval()


def draw_edm(unet, scheduler: EDMEulerScheduler, steps: int) -> torch.Tensor:
    """EDM's start has the deviation of the highest level; F sees the input scaled, and of the level ln(σ)/4."""
    scheduler.set_timesteps(steps)
    x = noise(0) * scheduler.sigmas[0]
    for t in scheduler.timesteps:
        with torch.no_grad():
            output = unet(scheduler.scale_model_input(x, t), t.expand(len(x))).sample
        x = scheduler.step(output, t, x).prev_sample
    return x


class WithContext(torch.nn.Module):
    def __init__(self, unet) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x, t, class_labels=None):
        return self.unet(x, t, signal("context", [2, 4, 5]).float())


def runs(pipeline, steps: int) -> torch.Tensor:
    """The pipeline itself, from the same noise: images in 0 … 1."""
    pipeline.set_progress_bar_config(disable=True)
    module = inspect.getmodule(type(pipeline))
    given, module.randn_tensor = module.randn_tensor, lambda *_, **__: noise(0)
    with replayed(noise):
        images = pipeline(batch_size=2, num_inference_steps=steps, output_type="np").images
    module.randn_tensor = given
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def compare(folder: Path, seen: dict) -> dict:
    index = json.loads((folder / "model_index.json").read_text())
    result = {"sha256": seen["sha256"], "pipeline": index["_class_name"]}
    part = next(name for name in ("unet", "transformer") if name in index)
    if seen["sampler"] is None:
        opened(folder, part, index)
        return result
    if index["_class_name"] == "DiffusionModel":
        network, scheduler = opened(folder, part, index), opened(folder, "scheduler", index)
        if isinstance(scheduler, EDMEulerScheduler):
            x = draw_edm(network, scheduler, seen["steps"])
        else:
            call = WithContext(network) if index[part][1] == "UNet2DConditionModel" else network
            labels = torch.tensor([2, 0]) if part == "transformer" else None
            x = draw(call, scheduler, noise, seen["steps"], labels=labels)
    else:
        pipeline = getattr(diffusers, index["_class_name"]).from_pretrained(folder)
        x = draw(pipeline.unet, pipeline.scheduler, noise, seen["steps"])
        shown = runs(pipeline, seen["steps"])
        assert difference((x / 2 + 0.5).clamp(0, 1), shown) < 1e-5, folder
    result["difference"] = float(f"{difference(seen['drawn'], x):.2g}")
    assert result["difference"] < 1e-3, (folder, result)
    return result


def compare_digits(drawn: dict, tensors: dict[str, torch.Tensor]) -> dict:
    """The checkpoint of this repository, asked for the ten digits: the loop of src/networks/README.md."""
    pipeline = DDPMPipeline.from_pretrained(CHECKPOINT)
    labels = torch.arange(10)

    def given(number: int) -> torch.Tensor:
        return tensors[f"noise.{number}"]

    ddim = DDIMScheduler.from_config(pipeline.scheduler.config)
    theirs = {
        "ddpm": draw(pipeline.unet, pipeline.scheduler, given, drawn["steps"], labels),
        "ddim": draw(pipeline.unet, ddim, given, drawn["steps"], labels, use_clipped_model_output=True),
    }
    apart = {name: float(f"{difference(tensors[name], x):.2g}") for name, x in theirs.items()}
    assert max(apart.values()) < 1e-2, apart
    return {"sha256": drawn["sha256"], "pipeline": type(pipeline).__name__, "differences": apart}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        subprocess.run(["node", "--import", "tsx", str(HERE / "write-models.ts"), scratch, str(CHECKPOINT)], check=True)
        drawn = json.loads((folder / "drawn.json").read_text())
        result = {
            "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
            "models": {name: compare(folder / name, seen) for name, seen in drawn["models"].items()},
            "mnist-unet": compare_digits(drawn["digits"], load_file(folder / "digits.safetensors")),
        }
    (HERE / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
