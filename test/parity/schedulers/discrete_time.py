"""Schedulers that walk whole times: DDPM, DDIM, PNDM and what descends from them."""

import torch

from upstream import BETAS, PREDICTIONS, STEPS, S, T, at_step, in_state, network, noise, record, start, twin

LEAD = dict(timestep_spacing="leading")
OPEN = dict(clip_sample=False, set_alpha_to_one=True)


def ddim_like(kind):
    """DDIM and its parallel twin."""
    for p in PREDICTIONS:
        for spacing, n in (("leading", 10), ("leading", 7), ("trailing", 10)):
            s = kind(**BETAS, **OPEN, prediction_type=p, timestep_spacing=spacing)
            x, times = in_state(s, n)
            record(s, "ddim", f"{p} {spacing} {n}", dict(prediction=p, spacing=spacing), x, times=times)
        for eta in (0.4, 1.0):
            s = kind(**BETAS, **OPEN, **LEAD, prediction_type=p)
            x, times = in_state(s, 10, eta=eta, variance_noise=None)
            record(s, "ddim", f"{p} eta {eta}", dict(prediction=p, spacing="leading", eta=eta), x, times=times)
        s = kind(**BETAS, **LEAD, prediction_type=p, clip_sample=True, set_alpha_to_one=True)
        x, times = in_state(s, 10, use_clipped_model_output=True)
        record(s, "ddim", f"{p} clipped", dict(prediction=p, spacing="leading", clip="static"), x, times=times)
        s = kind(**BETAS, **OPEN, **LEAD, prediction_type=p, thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0)
        x, times = in_state(s, 10, use_clipped_model_output=True)
        record(s, "ddim", f"{p} thresholded", dict(prediction=p, spacing="leading", clip="dynamic"), x, times=times)
        # Without alpha = 1 at the end, the last step stays at upstream's time 0.
        s = kind(**BETAS, **LEAD, prediction_type=p, clip_sample=False, set_alpha_to_one=False)
        x, times = in_state(s, 10)
        record(s, "ddim", f"{p} ending at t = 0", dict(prediction=p, spacing="leading", finish="last"), x, times=times)
    for schedule in ("scaled_linear", "squaredcos_cap_v2"):
        s = kind(**{**BETAS, "beta_schedule": schedule}, **OPEN, **LEAD)
        x, times = in_state(s, 10)
        record(s, "ddim", f"epsilon {schedule}", dict(prediction="epsilon", spacing="leading", schedule=schedule), x, times=times)
    for p in ("sample", "v_prediction"):
        s = kind(**BETAS, **OPEN, prediction_type=p, timestep_spacing="trailing", rescale_betas_zero_snr=True)
        x, times = in_state(s, 10)
        config = dict(prediction=p, spacing="trailing", schedule="zero-snr")
        record(s, "ddim", f"{p} zero terminal SNR", config, x, times=times)


def cogvideox():
    """DDIM and SDE-DPM-Solver++ 2M on a schedule whose SNR is divided by 3."""
    base = dict(num_train_timesteps=T, beta_start=1e-4, beta_end=0.02, beta_schedule="linear", clip_sample=False,
                timestep_spacing="trailing", rescale_betas_zero_snr=False, snr_shift_scale=3.0)
    for p in PREDICTIONS:
        s = S.CogVideoXDDIMScheduler(**base, prediction_type=p)
        x, times = in_state(s, 10)
        config = dict(prediction=p, spacing="trailing", schedule="snr-shifted")
        record(s, "ddim", p, config, x, times=times, alphaBars=s.alphas_cumprod[[0, 500, 999]])
        s = S.CogVideoXDPMScheduler(**base, prediction_type=p)
        s.set_timesteps(20)
        x, old = start(), None
        for i, t in enumerate(s.timesteps):
            at_step(i + 1)
            back = s.timesteps[i - 1] if i > 0 else None
            x, old = s.step(network(x, float(t)), old, t, back, x)
            assert torch.isfinite(x).all() or i == 19
            if i == 18:
                # The step to alpha = 1 is 0 * infinity upstream: stop before it.
                break
        record(s, "dpm++sde", p, {**config, "finish": "last"}, x, times=[float(t) for t in s.timesteps])


def ddim_inverse():
    # Only epsilon: see the README.
    for n in (10, 20):
        s = S.DDIMInverseScheduler(**BETAS, **OPEN, **LEAD)
        x, times = in_state(s, n)
        record(s, "ddim-inversion", f"epsilon leading {n}", dict(prediction="epsilon", spacing="leading"), x, times=times)
    s = S.DDIMInverseScheduler(**{**BETAS, "beta_schedule": "squaredcos_cap_v2"}, **OPEN, **LEAD)
    x, times = in_state(s, 10)
    config = dict(prediction="epsilon", spacing="leading", schedule="squaredcos_cap_v2")
    record(s, "ddim-inversion", "epsilon squaredcos_cap_v2", config, x, times=times)


def ddpm_like(kind):
    both = lambda x, t: torch.cat([network(x, t), torch.cos(x)], dim=1)
    for p in PREDICTIONS:
        for spacing, n in STEPS.items():
            for variance in ("fixed_small", "fixed_small_log"):
                s = kind(**BETAS, prediction_type=p, timestep_spacing=spacing, clip_sample=False, variance_type=variance)
                x, times = in_state(s, n)
                record(s, "ddpm", f"{p} {spacing} {variance}", dict(prediction=p, spacing=spacing), x, times=times)
        for clip in (True, False):
            s = kind(**BETAS, **LEAD, prediction_type=p, clip_sample=clip, variance_type="fixed_large")
            x, times = in_state(s, 10)
            config = dict(prediction=p, spacing="leading", variance="beta", **(dict(clip="static") if clip else {}))
            record(s, "ddpm", f"{p} fixed_large{' clipped' if clip else ''}", config, x, times=times)
        s = kind(**BETAS, **LEAD, prediction_type=p, clip_sample=False, variance_type="learned_range")
        x, times = in_state(s, 10, model=both)
        record(s, "ddpm", f"{p} learned_range", dict(prediction=p, spacing="leading", variance="learned"), x, times=times)
        # The network says the variance itself.
        plain = lambda x, t: torch.cat([network(x, t), 0.02 + 0.01 * torch.cos(x)], dim=1)
        s = kind(**BETAS, **LEAD, prediction_type=p, clip_sample=False, variance_type="learned")
        x, times = in_state(s, 10, model=plain)
        record(s, "ddpm-said-variance", f"{p} learned", dict(prediction=p, spacing="leading", variance="learned"), x, times=times)
        s = kind(**BETAS, **LEAD, prediction_type=p, thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0)
        x, times = in_state(s, 10)
        record(s, "ddpm", f"{p} thresholded", dict(prediction=p, spacing="leading", clip="dynamic"), x, times=times)
    for p in ("sample", "v_prediction"):
        s = kind(**BETAS, prediction_type=p, timestep_spacing="trailing", clip_sample=False, rescale_betas_zero_snr=True)
        x, times = in_state(s, 10)
        config = dict(prediction=p, spacing="trailing", schedule="zero-snr")
        record(s, "ddpm", f"{p} zero terminal SNR", config, x, times=times)
    for schedule in ("scaled_linear", "squaredcos_cap_v2", "sigmoid"):
        s = kind(**{**BETAS, "beta_schedule": schedule}, **LEAD, clip_sample=False)
        x, times = in_state(s, 10)
        record(s, "ddpm", f"epsilon {schedule}", dict(prediction="epsilon", spacing="leading", schedule=schedule), x, times=times)


def wuerstchen():
    s = S.DDPMWuerstchenScheduler()
    s.set_timesteps(8)
    x = start()
    for i, t in enumerate(s.timesteps[:-1]):
        at_step(i + 1)
        # Its network is fed t in 0 ... 1.
        x = s.step(network(x, T * float(t)), t.reshape(1).repeat(2), x).prev_sample
    record(s, "ddpm-continuous", "epsilon", dict(prediction="epsilon"), x, times=s.timesteps[:-1])


def unclip():
    both = lambda x, t: torch.cat([network(x, t), torch.cos(x)], dim=1)
    for p in ("epsilon", "sample"):
        for variance, model in (("fixed_small_log", network), ("learned_range", both)):
            s = S.UnCLIPScheduler(prediction_type=p, variance_type=variance, clip_sample=variance == "fixed_small_log")
            s.set_timesteps(10)
            x = start()
            for i, t in enumerate(s.timesteps):
                at_step(i + 1)
                before = s.timesteps[i + 1] if i + 1 < len(s.timesteps) else None
                x = s.step(model(x, float(t)), t, x, prev_timestep=before).prev_sample
            config = dict(prediction=p, spacing="linspace", schedule="squaredcos_cap_v2")
            config.update(dict(variance="learned") if variance == "learned_range" else dict(clip="static"))
            record(s, "ddpm", f"{p} {variance}", config, x, times=[float(t) for t in s.timesteps])


def pndm():
    for skip, name in ((True, "plms"), (False, "runge-kutta")):
        for spacing in ("leading", "trailing"):
            s = S.PNDMScheduler(**BETAS, skip_prk_steps=skip, set_alpha_to_one=True, timestep_spacing=spacing)
            x, _ = in_state(s, 10)
            first = 900 if spacing == "leading" else 999
            config = dict(prediction="epsilon", spacing=spacing, start=name)
            record(s, "pndm", f"{name} {spacing}", config, x, times=[first - 100 * i for i in range(10)])
        s = S.PNDMScheduler(**{**BETAS, "beta_schedule": "scaled_linear"}, skip_prk_steps=skip, set_alpha_to_one=False, **LEAD)
        x, _ = in_state(s, 10)
        config = dict(prediction="epsilon", start=name, finish="last", schedule="scaled_linear")
        record(s, "pndm", f"{name} ending at t = 0", config, x, times=[900 - 100 * i for i in range(10)])


def consistency():
    for p in PREDICTIONS:
        for n in (1, 4, 8):
            s = S.LCMScheduler(**BETAS, **OPEN, prediction_type=p)
            x, times = in_state(s, n)
            record(s, "consistency", f"{p} {n}", dict(prediction=p), x, times=times)
        if p != "epsilon":
            s = S.LCMScheduler(**BETAS, **OPEN, prediction_type=p, rescale_betas_zero_snr=True)
            x, times = in_state(s, 4)
            record(s, "consistency", f"{p} zero terminal SNR", dict(prediction=p, schedule="zero-snr"), x, times=times)
        s = S.LCMScheduler(**BETAS, prediction_type=p, clip_sample=True, set_alpha_to_one=True)
        x, times = in_state(s, 4)
        record(s, "consistency", f"{p} clipped", dict(prediction=p, clip="static"), x, times=times)
    # TCD's gamma = 0 is DDIM, ending at upstream's time 0.
    for p in PREDICTIONS:
        s = S.TCDScheduler(**BETAS, prediction_type=p)
        x, times = in_state(s, 4, eta=0.0)
        record(s, "ddim", f"{p} gamma 0", dict(prediction=p, finish="last"), x, times=[*times, 0.0])


def repaint():
    mask = torch.tensor([1.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    for n in (10, 20):
        s = S.RePaintScheduler(**BETAS, eta=1.0, clip_sample=False)
        s.set_timesteps(n, jump_length=n, jump_n_sample=1)
        x = start()
        for i, t in enumerate(s.timesteps):
            at_step(i + 1)
            x = s.step(network(x, float(t)), t, x, noise(100) / 2, mask).prev_sample
        record(s, "inpaint", f"epsilon {n}", dict(prediction="epsilon"), x, times=[float(t) for t in s.timesteps])


def make():
    ddim_like(S.DDIMScheduler)
    twin(ddim_like, S.DDIMParallelScheduler, S.DDIMScheduler)
    ddim_inverse()
    cogvideox()
    ddpm_like(S.DDPMScheduler)
    twin(ddpm_like, S.DDPMParallelScheduler, S.DDPMScheduler)
    wuerstchen()
    unclip()
    pndm()
    consistency()
    repaint()
