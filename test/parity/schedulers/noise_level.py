"""Schedulers that walk noise levels in x_t / sqrt(alphas_cumprod): Euler, Heun, LMS, KDPM2, and Karras et al.'s."""

import math

import torch
from diffusers.schedulers.deprecated.scheduling_karras_ve import KarrasVeScheduler

from upstream import BETAS, GRIDS, PREDICTIONS, STEPS, S, T, at_step, in_sigma, network, noise, numbers, record, start, times_of


def k_diffusion():
    kinds = {"euler": S.EulerDiscreteScheduler, "euler-ancestral": S.EulerAncestralDiscreteScheduler,
             "heun": S.HeunDiscreteScheduler, "lms": S.LMSDiscreteScheduler, "dpm-solver": S.KDPM2DiscreteScheduler}
    for sampler, kind in kinds.items():
        more, now = {}, None
        if sampler == "dpm-solver":
            more = dict(order=2)
            now = lambda s: (s.sigmas if s.state_in_first_order else s.sigmas_interpol)[s.step_index]
        for p in PREDICTIONS:
            if p == "sample" and sampler in ("euler-ancestral", "dpm-solver"):
                continue  # not implemented upstream
            for spacing, n in STEPS.items():
                s = kind(**BETAS, prediction_type=p, timestep_spacing=spacing)
                x, levels = in_sigma(s, n, now)
                record(s, sampler, f"{p} {spacing}", dict(prediction=p, spacing=spacing, **more), x, times=times_of(s, levels))
            if sampler == "euler-ancestral":
                continue  # offers no other grid
            for grid in GRIDS:
                s = kind(**BETAS, prediction_type=p, timestep_spacing="linspace", **{f"use_{grid}_sigmas": True})
                x, levels = in_sigma(s, 10, now)
                record(s, sampler, f"{p} {grid}", dict(prediction=p, grid=grid, **more), x, levels=levels[:-1])
        for schedule in ("scaled_linear", "squaredcos_cap_v2"):
            s = kind(**{**BETAS, "beta_schedule": schedule}, timestep_spacing="leading")
            x, levels = in_sigma(s, 10, now)
            config = dict(prediction="epsilon", spacing="leading", schedule=schedule, **more)
            record(s, sampler, f"epsilon {schedule}", config, x, times=times_of(s, levels))
    for sampler in ("euler", "euler-ancestral"):
        for p in ("sample", "v_prediction") if sampler == "euler" else ("v_prediction",):
            s = kinds[sampler](**BETAS, prediction_type=p, timestep_spacing="trailing", rescale_betas_zero_snr=True)
            x, levels = in_sigma(s, 10)
            config = dict(prediction=p, spacing="trailing", schedule="nearly-zero-snr")
            record(s, sampler, f"{p} zero terminal SNR", config, x, times=times_of(s, levels))
    s = S.HeunDiscreteScheduler(**BETAS, timestep_spacing="leading", clip_sample=True)
    x, levels = in_sigma(s, 7)
    record(s, "heun", "epsilon clipped", dict(prediction="epsilon", spacing="leading", clip="static"), x, times=times_of(s, levels))
    for order in (1, 2, 3):
        s = S.LMSDiscreteScheduler(**BETAS, timestep_spacing="trailing")
        x, levels = in_sigma(s, 7, order=order)
        record(s, "lms", f"epsilon order {order}", dict(prediction="epsilon", spacing="trailing", order=order), x, times=times_of(s, levels))
    for p in PREDICTIONS:
        s = S.EulerDiscreteScheduler(**BETAS, prediction_type=p, timestep_spacing="linspace", final_sigmas_type="sigma_min")
        x, levels = in_sigma(s, 10)
        # The grid ends at sigma_min twice; the last step does nothing.
        record(s, "euler", f"{p} sigma_min", dict(prediction=p, finish="last"), x, times=times_of(s, levels))
        s = S.EulerDiscreteScheduler(**BETAS, prediction_type=p, interpolation_type="log_linear")
        x, levels = in_sigma(s, 10)
        # This grid has one level more than steps, so that the walk ends at sigma_min and not at 0.
        record(s, "euler", f"{p} log_linear", dict(prediction=p, grid="given", finish="last"), x, levels=[v for v in levels if v > 0])


def edm_like(kind, sampler, configs):
    """Preconditioned networks on levels 80 ... 0.002; "v_prediction" is the network with its sign turned."""
    for p in ("epsilon", "v_prediction"):
        for grid in ("karras", "exponential"):
            for name, config, more in configs:
                s = kind(sigma_min=0.002, sigma_max=80.0, sigma_data=0.5, sigma_schedule=grid, prediction_type=p, **more)
                s.set_timesteps(10)
                x = start() * 80.0
                for i, t in enumerate(s.timesteps):
                    at_step(i + 1)
                    scaled = s.scale_model_input(x, t)
                    x = s.step(network(scaled, float(t)), t, x).prev_sample
                # What follows the ten levels is 0, or sigma_min a second time, in a step that does nothing.
                levels = [float(v) for v in s.sigmas][:-1]
                title = f"{p} {grid}{' ' + name if name else ''}"
                record(s, sampler, title, dict(prediction=p, grid=grid, **config), x, levels=levels)


def cosine():
    """SDE-DPM-Solver++ 2M on EDM levels with sigma_data = 1; time is told as atan(sigma) * 2 / pi."""
    for p in ("epsilon", "v_prediction"):
        for grid in ("exponential", "karras"):
            s = S.CosineDPMSolverMultistepScheduler(prediction_type=p, sigma_schedule=grid)
            s.set_timesteps(20)
            s.noise_sampler = lambda *levels: noise(step)
            x = start() * 500.0
            for i, t in enumerate(s.timesteps):
                step = i + 1
                scaled = s.scale_model_input(x, t)
                x = s.step(network(scaled, float(t)), t, x).prev_sample
            record(s, "cosine-dpm++sde", f"{p} {grid}", dict(prediction=p, grid=grid), x, levels=[float(v) for v in s.sigmas][:-1])


def karras_ve():
    """Heun with churn; upstream's step takes minus epsilon. Its levels are the squares of what the paper has."""
    for churn in (0.0, 5.0, 80.0):
        s = KarrasVeScheduler(sigma_max=10.0, s_churn=churn)
        s.set_timesteps(8)
        x = start() * 100.0
        levels = []
        for i, t in enumerate(s.timesteps):
            at_step(i + 1)
            sigma = float(s.schedule[t])
            after = float(s.schedule[t - 1]) if t > 0 else 0.0
            levels.append(sigma)
            x_hat, hat = s.add_noise_to_input(x, sigma)
            answer = -network(x_hat, 10 * hat)
            out = s.step(answer, hat, after, x_hat)
            if after > 0:
                answer = -network(out.prev_sample, 10 * after)
                out = s.step_correct(answer, hat, after, x_hat, out.prev_sample, out.derivative)
            x = out.prev_sample
        record(s, "heun-churn", f"churn {churn}", dict(churn=churn), x, levels=levels)


def consistency_models():
    for clip in (True, False):
        for n in (1, 2, 4):
            s = S.CMStochasticIterativeScheduler(clip_denoised=clip)
            s.set_timesteps(n)
            x = start() * 80.0
            for i, t in enumerate(s.timesteps):
                at_step(i + 1)
                scaled = s.scale_model_input(x, t)
                x = s.step(network(scaled, float(t)), t, x).prev_sample
            config = dict(clip="static") if clip else {}
            record(s, "consistency-model", f"{n} steps{' clipped' if clip else ''}", config, x, levels=[float(v) for v in s.sigmas][:-1])


def consistency_decoder():
    s = S.ConsistencyDecoderScheduler()
    s.set_timesteps(2)
    x = start()
    for i, t in enumerate(s.timesteps):
        at_step(i + 1)
        x = s.step(network(s.scale_model_input(x, t), float(t)), t, x).prev_sample
    record(s, "consistency-decoder", "two steps", {}, x, times=[float(t) for t in s.timesteps])


def make():
    k_diffusion()
    edm_like(S.EDMEulerScheduler, "edm-euler", [("", {}, {})])
    edm_like(
        S.EDMDPMSolverMultistepScheduler,
        "edm-dpm++",
        [("", {}, {}), ("sde", dict(variant="sde"), dict(algorithm_type="sde-dpmsolver++")),
         ("order 1", dict(order=1), dict(solver_order=1)),
         ("sigma_min", dict(finish="last"), dict(final_sigmas_type="sigma_min", lower_order_final=False))],
    )
    cosine()
    karras_ve()
    consistency_models()
    consistency_decoder()
