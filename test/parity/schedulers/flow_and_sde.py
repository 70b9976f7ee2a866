"""Flow matching on the straight path, TrigFlow, and the score SDEs."""

import math

import torch
from diffusers.schedulers.deprecated.scheduling_sde_vp import ScoreSdeVpScheduler

from upstream import GRIDS, S, T, at_step, network, noise, record, start

FLOW = dict(prediction="flow")


def walk(s, x, sign=1.0, feed=lambda t: float(t), **options):
    for i, t in enumerate(s.timesteps):
        at_step(i + 1)
        x = s.step(sign * network(x, feed(t)), t, x, **options).prev_sample
    return x


def levels_of(s):
    return [v for v in dict.fromkeys(float(v) for v in s.sigmas) if v > 0]


def euler():
    kind = S.FlowMatchEulerDiscreteScheduler
    variants = [(f"shift {shift}", dict(shift=shift), {}) for shift in (1.0, 3.0)]
    variants += [(f"dynamic {how}", dict(use_dynamic_shifting=True, time_shift_type=how), dict(mu=0.7)) for how in ("exponential", "linear")]
    variants += [("stretched to 0.1", dict(shift=3.0, shift_terminal=0.1), {})]
    variants += [(grid, {f"use_{grid}_sigmas": True}, {}) for grid in GRIDS]
    for name, more, call in variants:
        s = kind(num_train_timesteps=T, **more)
        s.set_timesteps(8, **call)
        config = {**FLOW, **(dict(shift=more["shift"]) if set(more) == {"shift"} else {}), **call, **({"how": more["time_shift_type"]} if call else {})}
        record(s, "flow-euler", name, config, walk(s, start()), levels=levels_of(s))
    for shift in (1.0, 3.0):
        s = kind(num_train_timesteps=T, shift=shift, stochastic_sampling=True)
        s.set_timesteps(4)
        record(s, "flow-consistency", f"stochastic shift {shift}", FLOW, walk(s, start()), levels=levels_of(s))


def others():
    for shift in (1.0, 3.0):
        s = S.FlowMatchHeunDiscreteScheduler(num_train_timesteps=T, shift=shift)
        s.set_timesteps(8)
        record(s, "flow-heun", f"shift {shift}", dict(**FLOW, shift=shift), walk(s, start()), levels=levels_of(s))
        for grid in ("", *GRIDS):
            s = S.FlowMatchLCMScheduler(num_train_timesteps=T, shift=shift, **({f"use_{grid}_sigmas": True} if grid else {}))
            s.set_timesteps(4)
            record(s, "flow-consistency", f"shift {shift}{' ' + grid if grid else ''}", FLOW, walk(s, start()), levels=levels_of(s))
        # A flow map's average velocity takes the place of the velocity.
        s = S.FlowMapEulerDiscreteScheduler(num_train_timesteps=T, shift=shift)
        s.set_timesteps(8)
        x = start()
        for t in s.timesteps:
            x = s.step(network(x, float(t)), t, x).prev_sample
        record(s, "flow-euler", f"shift {shift}", FLOW, x, levels=levels_of(s))
        # Its time is 1 at the data and its velocity points there.
        s = S.MiniMaxH3Scheduler(shift=shift)
        s.set_timesteps(9)
        record(s, "flow-euler", f"shift {shift}", FLOW, walk(s, start(), -1.0, lambda t: T * (1 - float(t))), levels=levels_of(s))
        s = S.LTXEulerAncestralRFScheduler(num_train_timesteps=T, eta=0.0)
        s.set_timesteps(sigmas=[shift * u / (1 + (shift - 1) * u) for u in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)])
        record(s, "flow-euler", f"eta 0 shift {shift}", FLOW, walk_to_end(s), levels=levels_of(s))


def walk_to_end(s):
    x = start()
    for i, t in enumerate(s.timesteps[:-1]):
        x = s.step(network(x, float(t)), t, x).prev_sample
    return x


def trigflow():
    """x_t = cos(t) x_0 + sin(t) z, z of deviation sigma_data; consistency sampling with v."""
    for n in (1, 2, 4):
        s = S.SCMScheduler()
        s.set_timesteps(n, **(dict(intermediate_timesteps=1.3) if n == 2 else dict(intermediate_timesteps=None)))
        x = start()
        for i, t in enumerate(s.timesteps[:-1]):
            at_step(i + 1)
            x = s.step(network(x, T * float(t)), t, x).prev_sample
        record(s, "trig-consistency", f"{n} steps", {}, x, times=s.timesteps[:-1])


def vp_sde():
    for n in (20, 50):
        s = ScoreSdeVpScheduler()
        s.set_timesteps(n)
        x = start()
        # Upstream's steps are 1/n long, so the times are 1/n apart (its own list is spaced a little closer).
        times = [1 - i / n for i in range(n)]
        for i, t in enumerate(times):
            at_step(i + 1)
            t = torch.tensor(t)
            x, mean = s.step_pred(network(x, T * float(t)), x, t)
        record(s, "vp-sde", f"{n} steps", dict(prediction="epsilon"), mean, times=times)


def ve_sde():
    for n in (20, 50):
        s = S.ScoreSdeVeScheduler(sigma_max=10.0, num_train_timesteps=n)
        s.set_timesteps(n)
        s.set_sigmas(n)
        x = start() * 10
        levels = [float(v) for v in s.discrete_sigmas.flip(0)]
        for i, t in enumerate(s.timesteps):
            at_step(i + 1)
            out = s.step_pred(score(x, levels[i]), float(t), x)
            x, mean = out.prev_sample, out.prev_sample_mean
        record(s, "ve-sde", f"{n} steps", {}, mean, levels=levels)
    # One prediction, one correction at the level it leads to, and the last prediction. Upstream sets the correction's
    # step by norms over the batch; `snr` is the ratio that gives the same step here.
    s = S.ScoreSdeVeScheduler(sigma_max=10.0, sigma_min=2.0, num_train_timesteps=2)
    s.set_timesteps(2)
    s.set_sigmas(2)
    levels = [float(v) for v in s.discrete_sigmas.flip(0)]
    x = start() * 10
    at_step(1)
    x = s.step_pred(score(x, levels[0]), 1.0, x).prev_sample
    at_step(2)
    gradient = score(x, levels[1])
    norm = lambda v: float(torch.norm(v.reshape(2, -1), dim=-1).mean())
    snr = s.config.snr * norm(noise(2)) / norm(gradient) / levels[1]
    x = s.step_correct(gradient, x).prev_sample
    at_step(3)
    mean = s.step_pred(score(x, levels[1]), 0.0, x).prev_sample_mean
    record(s, "ve-sde", "corrected", dict(corrections=1, correctionSnr=snr), mean, levels=levels)


def score(x, sigma):
    return -network(x / math.sqrt(1 + sigma**2), 10 * sigma) / sigma


def make():
    euler()
    others()
    trigflow()
    vp_sde()
    ve_sde()
