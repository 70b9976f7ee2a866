"""Writes fixtures/: folders as diffusers saves them, and what diffusers draws from them.

Run by hand after `pip install -r ../requirements.txt`:  python make_fixtures.py
Weights and noise are formulas (../networks/formula.py), so that the other side computes the same noise.
"""

import json
import shutil
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import (
    DDIMPipeline,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DiTTransformer2DModel,
    FlowMatchEulerDiscreteScheduler,
    UNet2DConditionModel,
    UNet2DModel,
)

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "networks"))
from drawing import draw, replayed  # noqa: E402
from formula import fill, rounded, signal  # noqa: E402

# Tiny tensors: threads cost more than they bring.
torch.set_num_threads(1)
FIXTURES = HERE / "fixtures"
COUNT = 2
UNET = {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": [4, 8],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "attention_head_dim": 4,
}
LEVELS = {"block_out_channels": [4, 8], "norm_num_groups": 2, "cross_attention_dim": 5, "attention_head_dim": 2}
CONDITIONAL = LEVELS | {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
}
DIT = {"sample_size": 8, "in_channels": 1, "num_layers": 2, "num_attention_heads": 2, "attention_head_dim": 4, "num_embeds_ada_norm": 3}

DIM = [COUNT, 1, 8, 8]


def noise(number: int) -> torch.Tensor:
    """What both sides take for draw `number`, of unit variance."""
    return signal(f"draw {number}", DIM).float()


def filled(network: torch.nn.Module) -> torch.nn.Module:
    fill(network)
    return network.eval()


# Each says one thing that the others do not; a case is a scheduler_config.json beside the same U-Net.
DDPM_CASES = {
    "as it is": {},
    "linear betas": {"beta_start": 1e-3, "beta_end": 0.05},
    "scaled linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    "cosine": {"beta_schedule": "squaredcos_cap_v2"},
    "sigmoid": {"beta_schedule": "sigmoid"},
    "a list of betas": {"trained_betas": np.linspace(0.01, 0.3, 40).tolist(), "num_train_timesteps": 40},
    "fewer trained times": {"num_train_timesteps": 200, "beta_end": 0.1},
    "sample": {"prediction_type": "sample"},
    "velocity": {"prediction_type": "v_prediction"},
    "zero SNR": {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"},
    "trailing": {"timestep_spacing": "trailing"},
    "linspace": {"timestep_spacing": "linspace"},
    "an offset": {"steps_offset": 1},
    "another range": {"clip_sample_range": 2.0},
    "no clipping": {"clip_sample": False, "prediction_type": "v_prediction"},
    "dynamic thresholds": {"thresholding": True, "dynamic_thresholding_ratio": 0.8, "sample_max_value": 3.0},
    "variance small log": {"variance_type": "fixed_small_log"},
    "variance large": {"variance_type": "fixed_large"},
}
DDIM_CASES = {
    "as it is": {},
    "no clipping": {"clip_sample": False, "prediction_type": "v_prediction"},
    "cosine, sample": {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "sample"},
    "zero SNR": {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"},
    "ends at the first level": {"set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False, "prediction_type": "v_prediction"},
    "ends at the first level, clipped": {"set_alpha_to_one": False},
    "an offset": {"steps_offset": 1},
    "another range": {"clip_sample_range": 0.5},
    "dynamic thresholds": {"thresholding": True, "dynamic_thresholding_ratio": 0.8, "sample_max_value": 3.0},
}
FLOW_CASES = {"as it is": {}, "shifted": {"shift": 3.0}}
# 10 divides every number of trained times, 7 and 16 do not; DDIM of diffusers steps by T // n, which is right on divisors only.
STEPS = {"DDPMScheduler": [10, 7, 16], "DDIMScheduler": [10], "FlowMatchEulerDiscreteScheduler": [10, 7]}


def expected(network, scheduler, steps: int, **condition) -> list[float]:
    x = draw(network, scheduler, noise, steps, **condition)
    assert torch.isfinite(x).all(), scheduler.config
    return rounded(x.flatten().tolist(), 7)


def cases() -> list[dict]:
    unet = filled(UNet2DModel(**UNET))
    result = []
    for kind, options in [
        (DDPMScheduler, DDPM_CASES),
        (DDIMScheduler, DDIM_CASES),
        (FlowMatchEulerDiscreteScheduler, FLOW_CASES),
    ]:
        for name, changes in options.items():
            for steps in STEPS[kind.__name__]:
                scheduler = kind(**changes)
                config = json.loads(scheduler.to_json_string())
                drawn = expected(unet, scheduler, steps)
                result.append({"name": name, "scheduler": config, "steps": steps, "drawn": drawn})
    return result


class WithContext(torch.nn.Module):
    """A conditional U-Net as the loop calls it: the context is always the same."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x, t, class_labels=None):
        return self.unet(x, t, signal("context", [COUNT, 4, 5]).float())


def pipelines() -> dict[str, list[float]]:
    """Whole pipelines in each form a folder may have, and networks beside a scheduler."""
    drawn = {}
    for name, pipeline, options in [
        ("ddpm", DDPMPipeline(filled(UNet2DModel(**UNET)), DDPMScheduler()), {}),
        ("ddim", DDIMPipeline(filled(UNet2DModel(**UNET)), DDIMScheduler(prediction_type="v_prediction")), {}),
        ("ddpm-sharded", DDPMPipeline(filled(UNet2DModel(**UNET)), DDPMScheduler()), {"max_shard_size": "20KB"}),
        ("ddim-fp16", DDIMPipeline(filled(UNet2DModel(**UNET)).half(), DDIMScheduler()), {"variant": "fp16"}),
    ]:
        pipeline.save_pretrained(FIXTURES / name, **options)
        unet = pipeline.unet.float()
        drawn[name] = expected(unet, pipeline.scheduler, 10)
        # The pipeline itself does what the loop does, and shows it in 0 … 1.
        pipeline.set_progress_bar_config(disable=True)
        module = sys.modules[type(pipeline).__module__]
        given, module.randn_tensor = module.randn_tensor, lambda *_, **__: noise(0)
        with replayed(noise):
            shown = pipeline(batch_size=COUNT, num_inference_steps=10, output_type="np").images
        module.randn_tensor = given
        state = torch.tensor(drawn[name]).reshape(DIM).permute(0, 2, 3, 1)
        assert np.abs(shown - (state / 2 + 0.5).clamp(0, 1).numpy()).max() < 1e-5, name
    conditional, dit = filled(UNet2DConditionModel(**CONDITIONAL)), filled(DiTTransformer2DModel(**DIT))
    scheduler = DDIMScheduler(clip_sample=False, prediction_type="v_prediction")
    for name, network, folder, call, condition in [
        ("conditional", conditional, "unet", WithContext(conditional), {}),
        ("dit", dit, "transformer", dit, {"labels": torch.tensor([2, 0])}),
    ]:
        network.save_pretrained(FIXTURES / name / folder)
        scheduler.save_pretrained(FIXTURES / name / "scheduler")
        drawn[name] = expected(call, scheduler, 10, **condition)
    return drawn


if __name__ == "__main__":
    shutil.rmtree(FIXTURES, ignore_errors=True)
    FIXTURES.mkdir()
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    result = {"versions": versions, "pipelines": pipelines(), "cases": cases()}
    (FIXTURES / "drawn.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(sum(f.stat().st_size for f in FIXTURES.rglob("*") if f.is_file()), "bytes")
