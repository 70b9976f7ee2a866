"""Normals of PyTorch's generator on the CPU, by seed and by how many are asked for at once.

Run by hand after `pip install -r ../requirements.txt`:  python torch_randn.py
"""

import json
from pathlib import Path

import torch

SEEDS = [0, 7, 2**31 + 11, 2**32 - 1, 2**32 + 7, 2**53 - 1]
# Calls on one generator, one after the other: below 16, at 16, above, and no multiple of it.
CALLS = [[1, 3, 15], [16], [17, 5, 31], [256], [100, 2, 1, 48]]
# Of a latent of 64 × 64 × 4 every so many-th number is kept.
LARGE, STRIDE = 4 * 64 * 64, 409


def rounded(values: torch.Tensor) -> list[float]:
    return [float(f"{value:.8g}") for value in values.tolist()]


def drawn(seed: int, calls: list[int]) -> list[list[float]]:
    generator = torch.Generator().manual_seed(seed)
    return [rounded(torch.randn(n, generator=generator)) for n in calls]


result = {
    "torch": torch.__version__.split("+")[0],
    "runs": [{"seed": seed, "calls": calls, "drawn": drawn(seed, calls)} for seed in SEEDS for calls in CALLS],
    "large": [
        {"seed": seed, "n": LARGE, "stride": STRIDE, "drawn": rounded(torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(seed)).flatten()[::STRIDE])}
        for seed in SEEDS
    ],
}
(Path(__file__).parent / "fixtures" / "torch-randn.json").write_text(json.dumps(result) + "\n")
