"""Writes fixtures.json: what diffusers' schedulers make of a fixed start, a fixed network and replayed noise.

Run by hand after `pip install -r ../requirements.txt`:  python make_fixtures.py
README.md has the table of what is covered.
"""

import json
import math
import pathlib

import diffusers
import numpy as np
import torch
from diffusers import schedulers as S

import discrete_time
import flow_and_sde
import multistep
import noise_level
from upstream import BETAS, SHAPE, cases, replay_noise, twins


def third_order_errors():
    """DPM-Solver++ 3M of upstream on N(0, 1/4), whose exact flow is known: the errors show its order."""
    errors = []
    for n in (128, 256, 512):
        s = S.DPMSolverMultistepScheduler(**BETAS, prediction_type="sample", solver_order=3, final_sigmas_type="sigma_min", lower_order_final=False)
        u = (np.arange(n + 1) / n) ** 2
        grid = 5.0 * (0.02**u)
        s.set_timesteps(n)
        s.alphas_cumprod = s.alphas_cumprod.double()
        s.sigmas = torch.tensor(grid, dtype=torch.float64)
        x = torch.full(SHAPE, 2.0 / math.sqrt(26.0), dtype=torch.float64)
        for i, t in enumerate(s.timesteps):
            s._step_index = i
            sigma = grid[i]
            clean = (x * math.sqrt(1 + sigma**2)) * 0.25 / (0.25 + sigma**2)
            x = s.step(clean, t, x).prev_sample
        got = float(x.reshape(-1)[0]) * math.sqrt(1 + grid[-1] ** 2)
        errors.append(abs(got - 2.0 * math.sqrt((0.25 + grid[-1] ** 2) / (0.25 + 25.0))))
    return errors


replay_noise()
for family in (discrete_time, noise_level, multistep, flow_and_sde):
    family.make()

zero = S.DDIMScheduler(**BETAS, rescale_betas_zero_snr=True).alphas_cumprod
laplace = S.DDPMScheduler(beta_schedule="laplace").alphas_cumprod
names = sorted({name for found in S._import_structure.values() for name in found if name.endswith("Scheduler")})
fixture = dict(
    about=f"diffusers {diffusers.__version__}, torch {torch.__version__}; written by make_fixtures.py",
    schedulers=names,
    twins=twins,
    zeroTerminalSnr={str(t): float(zero[t]) for t in (0, 250, 500, 998, 999)},
    laplaceAlphaBar={str(t): float(laplace[t]) for t in (99, 249, 499, 749)},
    upstream3M=third_order_errors(),
    cases=cases,
)
path = pathlib.Path(__file__).with_name("fixtures.json")
lines = ",\n".join(json.dumps(case) for case in cases)
head = json.dumps({k: v for k, v in fixture.items() if k != "cases"})[:-1]
path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
print(len(cases), "cases,", path.stat().st_size, "bytes")
