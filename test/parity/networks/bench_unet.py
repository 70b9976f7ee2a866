"""Writes fixtures/bench_unet.json: the benchmark's U-Net in plain PyTorch, narrow. Run: python bench_unet.py"""

import json
import sys
from pathlib import Path

import torch

from formula import fill, rounded, signal

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))
from torch_worker import UNet  # noqa: E402

WIDTHS = [8, 16, 16]
TIMESTEPS = [3.0, 250.0]

network = UNet(WIDTHS).double()
fill(network)
with torch.no_grad():
    output = network(signal("input", [2, 1, 12, 12]), torch.tensor(TIMESTEPS, dtype=torch.float64))
fixture = {
    "widths": WIDTHS,
    "timesteps": TIMESTEPS,
    "shapes": {name: list(tensor.shape) for name, tensor in network.named_parameters()},
    "output": rounded(output.flatten().tolist()),
}
(HERE / "fixtures" / "bench_unet.json").write_text(json.dumps(fixture) + "\n")
