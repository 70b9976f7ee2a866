"""Writes fixtures.json: what diffusers' schedulers make of a fixed start, a fixed network and replayed noise.

Run by hand after `pip install -r requirements.txt`:  python make_fixtures.py
The loops here are wired as each scheduler's own pipeline wires it. The network is a formula of x and of the time that
belongs to the noise level in hand (upstream rounds that time for some grids; the formula gets it unrounded).
Times are upstream's, 0 ... T-1.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import torch
import diffusers
from diffusers import schedulers as S
from diffusers.schedulers import (
    scheduling_ddpm,
    scheduling_euler_ancestral_discrete,
    scheduling_euler_discrete,
    scheduling_lcm,
    scheduling_repaint,
)

warnings.filterwarnings("ignore")
T = 1000
SHAPE = (2, 3, 1, 1)
BETAS = dict(num_train_timesteps=T, beta_start=1e-4, beta_end=0.02, beta_schedule="linear")
step_now = 0


def start():
    return torch.tensor([1.3 * math.sin(i + 1) for i in range(6)], dtype=torch.float32).reshape(SHAPE)


def noise(step):
    return torch.tensor([1.2 * math.cos(1.7 * i + step) for i in range(6)], dtype=torch.float32).reshape(SHAPE)


def replay(*args, **kwargs):
    return noise(step_now)


for module in (scheduling_ddpm, scheduling_euler_ancestral_discrete, scheduling_euler_discrete, scheduling_lcm, scheduling_repaint):
    module.randn_tensor = replay


def network(x, t):
    return 0.5 * torch.sin(x) + 0.3 * (t / T) * x


def table(scheduler):
    ac = scheduler.alphas_cumprod.double().numpy()
    return np.sqrt((1 - ac) / ac)


def time_of(scheduler, sigma):
    """The time of a noise level: linear in log sigma between whole times."""
    logs = np.log(table(scheduler))
    return float(np.interp(math.log(float(sigma)), logs, np.arange(len(logs))))


def numbers(x):
    return [float(f"{v:.8g}") for v in np.asarray(x, dtype=np.float64).reshape(-1)]


cases = []


def record(sampler, name, config, result, **rest):
    case = dict(sampler=sampler, name=name, config=config, result=numbers(result.double()))
    case.update({k: (numbers(v) if isinstance(v, (list, np.ndarray, torch.Tensor)) else v) for k, v in rest.items()})
    assert all(math.isfinite(v) for v in case["result"]), (sampler, name)
    cases.append(case)


def vp_times(scheduler, n, model=network, **step_options):
    """DDIM, DDPM, LCM: states in x_t, whole times."""
    global step_now
    scheduler.set_timesteps(n)
    x = start()
    for i, t in enumerate(scheduler.timesteps):
        step_now = i + 1
        extra = dict(step_options)
        if "variance_noise" in extra:
            extra["variance_noise"] = noise(step_now)
        x = scheduler.step(model(x, float(t)), t, x, **extra).prev_sample
    return x, [float(t) for t in scheduler.timesteps]


def vp_sigmas(scheduler, n, sigmas=None, noisy=False):
    """DPM-Solver, UniPC: states in x_t, grid of noise levels."""
    global step_now
    scheduler.set_timesteps(n)
    if sigmas is not None:
        scheduler.sigmas = torch.tensor(np.array(sigmas), dtype=torch.float32)
    x = start()
    levels = [float(s) for s in scheduler.sigmas]
    for i, t in enumerate(scheduler.timesteps):
        step_now = i + 1
        scheduler._step_index = i
        extra = dict(variance_noise=noise(step_now)) if noisy else {}
        x = scheduler.step(network(x, time_of(scheduler, levels[i])), t, x, **extra).prev_sample
    return x, levels


def in_sigma(scheduler, n, **step_options):
    """Euler, Heun, LMS: states in x_t / sqrt(alphas_cumprod), the network in x_t."""
    global step_now
    scheduler.set_timesteps(n)
    first = float(scheduler.sigmas[0])
    x = start() * math.sqrt(first**2 + 1)
    for i, t in enumerate(scheduler.timesteps):
        step_now = i + 1
        scaled = scheduler.scale_model_input(x, t)
        sigma = scheduler.sigmas[scheduler.step_index]
        x = scheduler.step(network(scaled, time_of(scheduler, sigma)), t, x, **step_options).prev_sample
    levels = []
    for s in scheduler.sigmas:
        if not levels or float(s) != levels[-1]:
            levels.append(float(s))
    return x, levels


def grid_of(scheduler, levels):
    """(times of the levels without the closing one, the closing level)."""
    return [time_of(scheduler, s) for s in levels[:-1]], levels[-1]


PREDICTIONS = ("epsilon", "sample", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")
# linspace lands on whole times only where n - 1 divides 999.
STEPS = dict(leading=7, trailing=7, linspace=10)


def ddim():
    for p in PREDICTIONS:
        for spacing, n in (("leading", 10), ("leading", 7), ("trailing", 10)):
            s = S.DDIMScheduler(**BETAS, prediction_type=p, timestep_spacing=spacing, clip_sample=False, set_alpha_to_one=True)
            x, times = vp_times(s, n)
            record("ddim", f"{p} {spacing} {n}", dict(prediction=p, spacing=spacing), x, times=times)
        for eta in (0.4, 1.0):
            s = S.DDIMScheduler(**BETAS, prediction_type=p, timestep_spacing="leading", clip_sample=False, set_alpha_to_one=True)
            x, times = vp_times(s, 10, eta=eta, variance_noise=None)
            record("ddim", f"{p} eta {eta}", dict(prediction=p, spacing="leading", eta=eta), x, times=times)
        s = S.DDIMScheduler(**BETAS, prediction_type=p, timestep_spacing="leading", clip_sample=True, set_alpha_to_one=True)
        x, times = vp_times(s, 10, use_clipped_model_output=True)
        record("ddim", f"{p} clipped", dict(prediction=p, spacing="leading", clip="static"), x, times=times)
        s = S.DDIMScheduler(
            **BETAS, prediction_type=p, timestep_spacing="leading", clip_sample=False, set_alpha_to_one=True,
            thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0,
        )
        x, times = vp_times(s, 10, use_clipped_model_output=True)
        record("ddim", f"{p} thresholded", dict(prediction=p, spacing="leading", clip="dynamic"), x, times=times)
    for schedule in ("scaled_linear", "squaredcos_cap_v2"):
        config = {**BETAS, "beta_schedule": schedule}
        s = S.DDIMScheduler(**config, timestep_spacing="leading", clip_sample=False, set_alpha_to_one=True)
        x, times = vp_times(s, 10)
        record("ddim", f"epsilon {schedule}", dict(prediction="epsilon", spacing="leading", schedule=schedule), x, times=times)
    s = S.DDIMScheduler(
        **BETAS, prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False, set_alpha_to_one=True,
        rescale_betas_zero_snr=True,
    )
    x, times = vp_times(s, 10)
    config = dict(prediction="v_prediction", spacing="trailing", schedule="zero-snr")
    record("ddim", "v_prediction zero terminal SNR", config, x, times=times)


def ddim_inverse():
    # Only epsilon: upstream reads the others at the level left behind while the network is asked about the next.
    s = S.DDIMInverseScheduler(**BETAS, timestep_spacing="leading", clip_sample=False, set_alpha_to_one=True)
    x, times = vp_times(s, 10)
    record("ddim-inversion", "epsilon", dict(prediction="epsilon", spacing="leading"), x, times=times)


def ddpm():
    for p in PREDICTIONS:
        for spacing, n in STEPS.items():
            s = S.DDPMScheduler(**BETAS, prediction_type=p, timestep_spacing=spacing, clip_sample=False, variance_type="fixed_small")
            x, times = vp_times(s, n)
            record("ddpm", f"{p} {spacing}", dict(prediction=p, spacing=spacing), x, times=times)
        s = S.DDPMScheduler(**BETAS, prediction_type=p, timestep_spacing="leading", clip_sample=True, variance_type="fixed_large")
        x, times = vp_times(s, 10)
        record("ddpm", f"{p} beta clipped", dict(prediction=p, spacing="leading", variance="beta", clip="static"), x, times=times)
        s = S.DDPMScheduler(**BETAS, prediction_type=p, timestep_spacing="leading", clip_sample=False, variance_type="learned_range")
        both = lambda x, t: torch.cat([network(x, t), torch.cos(x)], dim=1)
        x, times = vp_times(s, 10, model=both)
        record("ddpm", f"{p} learned", dict(prediction=p, spacing="leading", variance="learned"), x, times=times)


def pndm():
    for skip, name in ((True, "plms"), (False, "runge-kutta")):
        s = S.PNDMScheduler(**BETAS, skip_prk_steps=skip, set_alpha_to_one=True, timestep_spacing="leading")
        x, times = vp_times(s, 10)
        record("pndm", name, dict(prediction="epsilon", spacing="leading", start=name), x, times=[900 - 100 * i for i in range(10)])


def sigma_samplers():
    kinds = {"euler": S.EulerDiscreteScheduler, "euler-ancestral": S.EulerAncestralDiscreteScheduler,
             "heun": S.HeunDiscreteScheduler, "lms": S.LMSDiscreteScheduler}
    for sampler, kind in kinds.items():
        for p in PREDICTIONS:
            if p == "sample" and sampler in ("euler-ancestral",):
                continue
            for spacing, n in STEPS.items():
                s = kind(**BETAS, prediction_type=p, timestep_spacing=spacing)
                try:
                    x, levels = in_sigma(s, n)
                except (NotImplementedError, ValueError):
                    continue
                times, _ = grid_of(s, levels)
                record(sampler, f"{p} {spacing}", dict(prediction=p, spacing=spacing), x, times=times)
            if sampler == "euler-ancestral":
                continue
            for grid in ("karras", "exponential"):
                s = kind(**BETAS, prediction_type=p, timestep_spacing="linspace", **{f"use_{grid}_sigmas": True})
                try:
                    x, levels = in_sigma(s, 10)
                except (NotImplementedError, ValueError):
                    continue
                record(sampler, f"{p} {grid}", dict(prediction=p, grid=grid), x, levels=levels[:-1])
    s = S.EulerDiscreteScheduler(**BETAS, timestep_spacing="linspace", final_sigmas_type="sigma_min")
    x, levels = in_sigma(s, 10)
    # The grid ends at sigma_min twice; the last step does nothing.
    record("euler", "epsilon sigma_min", dict(prediction="epsilon", finish="last"), x, times=[time_of(s, v) for v in levels])


def multistep():
    for p in PREDICTIONS:
        for order in (1, 2):
            for spacing in SPACINGS:
                s = S.DPMSolverMultistepScheduler(
                    **BETAS, prediction_type=p, solver_order=order, timestep_spacing=spacing, final_sigmas_type="zero")
                x, levels = vp_sigmas(s, 10)
                times, _ = grid_of(s, levels)
                record("dpm++", f"{p} order {order} {spacing}", dict(prediction=p, order=order, spacing=spacing), x, times=times)
            for grid in ("karras", "exponential"):
                s = S.DPMSolverMultistepScheduler(
                    **BETAS, prediction_type=p, solver_order=order, final_sigmas_type="zero", **{f"use_{grid}_sigmas": True})
                x, levels = vp_sigmas(s, 20)
                record("dpm++", f"{p} order {order} {grid}", dict(prediction=p, order=order, grid=grid), x, levels=levels[:-1])
        s = S.DPMSolverMultistepScheduler(**BETAS, prediction_type=p, solver_order=2, final_sigmas_type="sigma_min", lower_order_final=False)
        x, levels = vp_sigmas(s, 10)
        record("dpm++", f"{p} sigma_min", dict(prediction=p, order=2, finish="last"), x, times=[time_of(s, v) for v in levels])
        for spacing in SPACINGS:
            s = S.DPMSolverMultistepScheduler(
                **BETAS, prediction_type=p, algorithm_type="sde-dpmsolver++", timestep_spacing=spacing, final_sigmas_type="zero")
            x, levels = vp_sigmas(s, 10, noisy=True)
            times, _ = grid_of(s, levels)
            record("dpm++sde", f"{p} {spacing}", dict(prediction=p, spacing=spacing), x, times=times)
        s = S.DPMSolverMultistepScheduler(
            **BETAS, prediction_type=p, algorithm_type="sde-dpmsolver++", use_karras_sigmas=True, final_sigmas_type="zero")
        x, levels = vp_sigmas(s, 20, noisy=True)
        record("dpm++sde", f"{p} karras", dict(prediction=p, grid="karras"), x, levels=levels[:-1])
        for order in (1, 2, 3):
            s = S.UniPCMultistepScheduler(**BETAS, prediction_type=p, solver_order=order, solver_type="bh2", final_sigmas_type="zero")
            x, levels = vp_sigmas(s, 10)
            times, _ = grid_of(s, levels)
            record("unipc", f"{p} order {order} bh2", dict(prediction=p, order=order, variant="bh2"), x, times=times)
            # With bh1 upstream's step to sigma = 0 is NaN, so these end at sigma_min.
            s = S.UniPCMultistepScheduler(
                **BETAS, prediction_type=p, solver_order=order, solver_type="bh1", final_sigmas_type="sigma_min", lower_order_final=False)
            x, levels = vp_sigmas(s, 10)
            config = dict(prediction=p, order=order, variant="bh1", finish="last")
            record("unipc", f"{p} order {order} bh1", config, x, times=[time_of(s, v) for v in levels])
        for spacing in SPACINGS:
            s = S.UniPCMultistepScheduler(**BETAS, prediction_type=p, timestep_spacing=spacing, final_sigmas_type="zero")
            x, levels = vp_sigmas(s, 10)
            times, _ = grid_of(s, levels)
            record("unipc", f"{p} {spacing}", dict(prediction=p, order=2, variant="bh2"), x, times=times)
        for grid in ("karras", "exponential"):
            s = S.UniPCMultistepScheduler(**BETAS, prediction_type=p, final_sigmas_type="zero", **{f"use_{grid}_sigmas": True})
            x, levels = vp_sigmas(s, 10)
            record("unipc", f"{p} {grid}", dict(prediction=p, order=2, variant="bh2", grid=grid), x, levels=levels[:-1])
    # The single-step solver takes its inner points from its grid: on even log sigma they are those of the paper.
    # Its third order finds the second inner point by another formula than the paper's, so only orders 1 and 2.
    for order in (1, 2):
        s = S.DPMSolverSinglestepScheduler(
            **BETAS, solver_order=order, algorithm_type="dpmsolver", final_sigmas_type="sigma_min", lower_order_final=False)
        grid = np.exp(np.linspace(math.log(50.0), math.log(0.05), 7))
        x, levels = vp_sigmas(s, 6, sigmas=grid)
        config = dict(prediction="epsilon", order=order, finish="last")
        record("dpm-solver", f"epsilon order {order}", config, x, times=[time_of(s, v) for v in levels[::order]])


def flow():
    for sampler, kind in (("flow-euler", S.FlowMatchEulerDiscreteScheduler), ("flow-heun", S.FlowMatchHeunDiscreteScheduler)):
        for shift in (1.0, 3.0):
            s = kind(num_train_timesteps=T, shift=shift)
            s.set_timesteps(8)
            x = start()
            for t in s.timesteps:
                x = s.step(network(x, float(t)), t, x).prev_sample
            levels = list(dict.fromkeys(float(v) for v in s.sigmas))
            record(sampler, f"shift {shift}", dict(prediction="flow", shift=shift), x, levels=levels[:-1])


def edm():
    for grid in ("karras", "exponential"):
        for sampler, kind in (("euler", S.EDMEulerScheduler), ("dpm++", S.EDMDPMSolverMultistepScheduler)):
            s = kind(sigma_min=0.002, sigma_max=80.0, sigma_data=0.5, sigma_schedule=grid)
            s.set_timesteps(10)
            x = start() * 80.0
            for t in s.timesteps:
                scaled = s.scale_model_input(x, t)
                x = s.step(network(scaled, float(t)), t, x).prev_sample
            levels = [float(v) for v in s.sigmas]
            record(f"edm-{sampler}", grid, dict(grid=grid), x, levels=levels[:-1])


def lcm():
    for p in PREDICTIONS:
        s = S.LCMScheduler(**BETAS, prediction_type=p, clip_sample=False, set_alpha_to_one=True)
        x, times = vp_times(s, 4)
        record("consistency", p, dict(prediction=p), x, times=times)


def repaint():
    global step_now
    mask = torch.tensor([1.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    s = S.RePaintScheduler(**BETAS, eta=1.0, clip_sample=False)
    s.set_timesteps(10, jump_length=10, jump_n_sample=1)
    x = start()
    for i, t in enumerate(s.timesteps):
        step_now = i + 1
        x = s.step(network(x, float(t)), t, x, noise(100) / 2, mask).prev_sample
    record("inpaint", "no jumps", dict(prediction="epsilon"), x, times=[float(t) for t in s.timesteps])


def third_order_errors():
    """DPM-Solver++ 3M of upstream on N(0, 1/4), whose exact flow is known: the errors show its order."""
    errors = []
    for n in (128, 256, 512):
        s = S.DPMSolverMultistepScheduler(**BETAS, prediction_type="sample", solver_order=3, final_sigmas_type="sigma_min", lower_order_final=False)
        u = (np.arange(n + 1) / n) ** 2
        grid = 5.0 * (0.02 ** u)
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


for make in (ddim, ddim_inverse, ddpm, pndm, sigma_samplers, multistep, flow, edm, lcm, repaint):
    make()

zero = S.DDIMScheduler(**BETAS, rescale_betas_zero_snr=True).alphas_cumprod
fixture = dict(
    about=f"diffusers {diffusers.__version__}, torch {torch.__version__}; written by make_fixtures.py",
    zeroTerminalSnr={str(t): float(zero[t]) for t in (0, 250, 500, 998, 999)},
    upstream3M=third_order_errors(),
    cases=cases,
)
path = pathlib.Path(__file__).with_name("fixtures.json")
lines = ",\n".join(json.dumps(case) for case in cases)
head = json.dumps({k: v for k, v in fixture.items() if k != "cases"})[:-1]
path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
print(len(cases), "cases,", path.stat().st_size, "bytes")
