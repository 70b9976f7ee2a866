"""What all fixtures share: the start, the noise, the network, the loops, the list of cases.

The loops are wired as each scheduler's own pipeline wires it. The network is a formula of x and of the time that
belongs to the noise level in hand (upstream rounds that time for some grids; the formula gets it unrounded).
Times are upstream's, 0 ... T-1.
"""

import importlib
import math
import pkgutil
import warnings

import numpy as np
import torch
from diffusers import schedulers as S

warnings.filterwarnings("ignore")

T = 1000
SHAPE = (2, 3, 1, 1)
BETAS = dict(num_train_timesteps=T, beta_start=1e-4, beta_end=0.02, beta_schedule="linear")
PREDICTIONS = ("epsilon", "sample", "v_prediction")
SPACINGS = ("leading", "trailing", "linspace")
GRIDS = ("karras", "exponential", "beta")
# linspace lands on whole times only where n - 1 divides 999.
STEPS = dict(leading=7, trailing=7, linspace=10)

cases = []
twins = {}
_step = 0


def at_step(i):
    """The number of the step for the noise that is drawn next; samplers here count from 1."""
    global _step
    _step = i


def start():
    return torch.tensor([1.3 * math.sin(i + 1) for i in range(6)], dtype=torch.float32).reshape(SHAPE)


def noise(step):
    return torch.tensor([1.2 * math.cos(1.7 * i + step) for i in range(6)], dtype=torch.float32).reshape(SHAPE)


def replay(*args, **kwargs):
    return noise(_step)


def replay_noise():
    """Puts the replayed noise where upstream draws its own, in all modules."""
    for found in pkgutil.walk_packages(S.__path__, S.__name__ + "."):
        module = importlib.import_module(found.name)
        if hasattr(module, "randn_tensor"):
            module.randn_tensor = replay


def network(x, t):
    return 0.5 * torch.sin(x) + 0.3 * (t / T) * x


def time_of(scheduler, sigma):
    """The time of a noise level: linear in log sigma between whole times.

    At zero terminal SNR upstream's last level, 4096, lies below the three before it, and its float32 root may come out as
    4096 or as the number next to it, by the processor. It is the last time either way: a search would find 995.26.
    """
    ac = scheduler.alphas_cumprod.double().numpy()
    logs = np.log(np.sqrt((1 - ac) / ac))
    if abs(math.log(float(sigma)) - logs[-1]) < 1e-6:
        return float(len(logs) - 1)
    return float(np.interp(math.log(float(sigma)), logs, np.arange(len(logs))))


def numbers(x):
    return [float(f"{v:.8g}") for v in np.asarray(x, dtype=np.float64).reshape(-1)]


def record(scheduler, sampler, name, config, result, **rest):
    """One case: the scheduler upstream, the sampler here that must give the same, its options, times or levels."""
    case = dict(scheduler=type(scheduler).__name__, sampler=sampler, name=name, config=config, result=numbers(result.double()))
    case.update({k: numbers(v) for k, v in rest.items()})
    assert all(math.isfinite(v) for v in case["result"]), (case["scheduler"], name)
    assert len({c["name"] for c in cases if c["scheduler"] == case["scheduler"]} & {name}) == 0, (case["scheduler"], name)
    cases.append(case)


def twin(make, kind, original):
    """Checks that `make` gives the same cases of both classes, number for number, and records only that."""
    before = len(cases)
    make(kind)
    made = cases[before:]
    del cases[before:]
    theirs = [c for c in cases if c["scheduler"] == original.__name__]
    assert [(c["name"], c["result"]) for c in made] == [(c["name"], c["result"]) for c in theirs], kind
    twins[kind.__name__] = original.__name__


def in_state(scheduler, n, model=network, **step_options):
    """States in x_t, whole times. A step option `variance_noise=None` is replaced by the step's noise."""
    scheduler.set_timesteps(n)
    x = start()
    for i, t in enumerate(scheduler.timesteps):
        at_step(i + 1)
        extra = dict(step_options)
        if "variance_noise" in extra:
            extra["variance_noise"] = noise(i + 1)
        x = scheduler.step(model(x, float(t)), t, x, **extra).prev_sample
    return x, [float(t) for t in scheduler.timesteps]


def in_state_by_level(scheduler, n, sigmas=None, noisy=False, model=None):
    """States in x_t, a grid of noise levels."""
    scheduler.set_timesteps(n)
    if sigmas is not None:
        scheduler.sigmas = torch.tensor(np.array(sigmas), dtype=torch.float32)
    model = model or (lambda x, sigma: network(x, time_of(scheduler, sigma)))
    x = start()
    levels = [float(s) for s in scheduler.sigmas]
    for i, t in enumerate(scheduler.timesteps):
        at_step(i + 1)
        scheduler._step_index = i
        extra = dict(variance_noise=noise(i + 1)) if noisy else {}
        x = scheduler.step(model(x, levels[i]), t, x, **extra).prev_sample
    return x, levels


def in_sigma(scheduler, n, sigma_now=None, **step_options):
    """States in x_t / sqrt(alphas_cumprod), the network in x_t."""
    scheduler.set_timesteps(n)
    x = start() * math.sqrt(float(scheduler.sigmas[0]) ** 2 + 1)
    for i, t in enumerate(scheduler.timesteps):
        at_step(i + 1)
        scaled = scheduler.scale_model_input(x, t)
        sigma = sigma_now(scheduler) if sigma_now else scheduler.sigmas[scheduler.step_index]
        x = scheduler.step(network(scaled, time_of(scheduler, sigma)), t, x, **step_options).prev_sample
    levels = []
    for s in scheduler.sigmas:
        if not levels or float(s) != levels[-1]:
            levels.append(float(s))
    return x, levels


def times_of(scheduler, levels):
    """The times of the levels without the closing zero."""
    return [time_of(scheduler, s) for s in levels if s > 0]
