"""DPM-Solver, DPM-Solver++ and UniPC."""

import math

import numpy as np

from upstream import BETAS, GRIDS, PREDICTIONS, SPACINGS, S, T, in_state_by_level, network, record, times_of

ZERO = dict(final_sigmas_type="zero")
# Ending at sigma_min, and with full order to the end.
LAST = dict(final_sigmas_type="sigma_min", lower_order_final=False)


def dpm_solver_plus_plus():
    kind = S.DPMSolverMultistepScheduler
    for p in PREDICTIONS:
        for order in (1, 2):
            for spacing in SPACINGS:
                s = kind(**BETAS, **ZERO, prediction_type=p, solver_order=order, timestep_spacing=spacing)
                x, levels = in_state_by_level(s, 10)
                record(s, "dpm++", f"{p} order {order} {spacing}", dict(prediction=p, order=order), x, times=times_of(s, levels))
            for grid in GRIDS:
                s = kind(**BETAS, **ZERO, prediction_type=p, solver_order=order, **{f"use_{grid}_sigmas": True})
                x, levels = in_state_by_level(s, 20)
                record(s, "dpm++", f"{p} order {order} {grid}", dict(prediction=p, order=order, grid=grid), x, levels=levels[:-1])
            # The grid of `use_lu_lambdas` is the exponential one.
            s = kind(**BETAS, **ZERO, prediction_type=p, solver_order=order, use_lu_lambdas=True)
            x, levels = in_state_by_level(s, 20)
            record(s, "dpm++", f"{p} order {order} lu", dict(prediction=p, order=order, grid="exponential"), x, levels=levels[:-1])
        s = kind(**BETAS, **LAST, prediction_type=p, solver_order=2)
        x, levels = in_state_by_level(s, 10)
        record(s, "dpm++", f"{p} sigma_min", dict(prediction=p, order=2, finish="last"), x, times=times_of(s, levels))
        s = kind(**BETAS, **ZERO, prediction_type=p, thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0)
        x, levels = in_state_by_level(s, 10)
        record(s, "dpm++", f"{p} thresholded", dict(prediction=p, order=2, clip="dynamic"), x, times=times_of(s, levels))
        # The noise form is here a single-step solver; at order 1 the two are one. "zero" is not offered for it.
        s = kind(**BETAS, **LAST, prediction_type=p, solver_order=1, algorithm_type="dpmsolver")
        x, levels = in_state_by_level(s, 10)
        record(s, "dpm-solver", f"{p} dpmsolver", dict(prediction=p, order=1, finish="last"), x, times=times_of(s, levels))
        sde(p)
    for schedule in ("scaled_linear", "squaredcos_cap_v2"):
        s = kind(**{**BETAS, "beta_schedule": schedule}, **ZERO)
        x, levels = in_state_by_level(s, 10)
        record(s, "dpm++", f"epsilon {schedule}", dict(prediction="epsilon", order=2, schedule=schedule), x, times=times_of(s, levels))


def zero_terminal_snr():
    """Upstream puts 2**-24 where alphas_cumprod is 0."""
    for kind, sampler, more in ((S.DPMSolverMultistepScheduler, "dpm++", {}), (S.UniPCMultistepScheduler, "unipc", dict(variant="bh2"))):
        for p in ("sample", "v_prediction"):
            s = kind(**BETAS, **ZERO, prediction_type=p, timestep_spacing="trailing", rescale_betas_zero_snr=True)
            x, levels = in_state_by_level(s, 10)
            config = dict(prediction=p, order=2, schedule="nearly-zero-snr", **more)
            record(s, sampler, f"{p} zero terminal SNR", config, x, times=times_of(s, levels))


def sde(p):
    kind = S.DPMSolverMultistepScheduler
    base = dict(**BETAS, **ZERO, prediction_type=p, algorithm_type="sde-dpmsolver++")
    for spacing in SPACINGS:
        s = kind(**base, timestep_spacing=spacing)
        x, levels = in_state_by_level(s, 10, noisy=True)
        record(s, "dpm++sde", f"{p} sde {spacing}", dict(prediction=p), x, times=times_of(s, levels))
    for grid in GRIDS:
        s = kind(**base, **{f"use_{grid}_sigmas": True})
        x, levels = in_state_by_level(s, 20, noisy=True)
        record(s, "dpm++sde", f"{p} sde {grid}", dict(prediction=p, grid=grid), x, levels=levels[:-1])
    # Its first order is DDPM with posterior variance.
    s = kind(**base, solver_order=1)
    x, levels = in_state_by_level(s, 10, noisy=True)
    record(s, "ddpm", f"{p} sde order 1", dict(prediction=p), x, times=times_of(s, levels))


def unipc():
    kind = S.UniPCMultistepScheduler
    for p in PREDICTIONS:
        for order in (1, 2, 3):
            s = kind(**BETAS, **ZERO, prediction_type=p, solver_order=order, solver_type="bh2")
            x, levels = in_state_by_level(s, 10)
            record(s, "unipc", f"{p} order {order} bh2", dict(prediction=p, order=order, variant="bh2"), x, times=times_of(s, levels))
            # With bh1 upstream's step to sigma = 0 is NaN, so these end at sigma_min.
            s = kind(**BETAS, **LAST, prediction_type=p, solver_order=order, solver_type="bh1")
            x, levels = in_state_by_level(s, 10)
            config = dict(prediction=p, order=order, variant="bh1", finish="last")
            record(s, "unipc", f"{p} order {order} bh1", config, x, times=times_of(s, levels))
        for spacing in SPACINGS:
            s = kind(**BETAS, **ZERO, prediction_type=p, timestep_spacing=spacing)
            x, levels = in_state_by_level(s, 10)
            record(s, "unipc", f"{p} {spacing}", dict(prediction=p, order=2, variant="bh2"), x, times=times_of(s, levels))
        for grid in GRIDS:
            s = kind(**BETAS, **ZERO, prediction_type=p, **{f"use_{grid}_sigmas": True})
            x, levels = in_state_by_level(s, 10)
            record(s, "unipc", f"{p} {grid}", dict(prediction=p, order=2, variant="bh2", grid=grid), x, levels=levels[:-1])
        s = kind(**BETAS, **ZERO, prediction_type=p, thresholding=True, dynamic_thresholding_ratio=0.8, sample_max_value=3.0)
        x, levels = in_state_by_level(s, 10)
        config = dict(prediction=p, order=2, variant="bh2", clip="dynamic")
        record(s, "unipc", f"{p} thresholded", config, x, times=times_of(s, levels))


def singlestep():
    """It takes its inner points from its grid: on even log sigma they are those of the paper."""
    kind = S.DPMSolverSinglestepScheduler
    grid = np.exp(np.linspace(math.log(50.0), math.log(0.05), 7))
    for p in PREDICTIONS:
        for order in (1, 2):
            s = kind(**BETAS, **LAST, prediction_type=p, solver_order=order, algorithm_type="dpmsolver")
            x, levels = in_state_by_level(s, 6, sigmas=grid)
            record(s, "dpm-solver", f"{p} order {order}", dict(prediction=p, order=order, finish="last"), x, times=times_of(s, levels)[::order])
        for spacing_free in ("", *GRIDS):
            more = {f"use_{spacing_free}_sigmas": True} if spacing_free else {}
            s = kind(**BETAS, **ZERO, **more, prediction_type=p, solver_order=1, algorithm_type="dpmsolver++")
            x, levels = in_state_by_level(s, 10)
            name = f"{p} dpmsolver++ order 1{' ' + spacing_free if spacing_free else ''}"
            record(s, "dpm++", name, dict(prediction=p, order=1, grid="given"), x, levels=levels[:-1])


def on_straight_path():
    """DPM-Solver++ and UniPC for flow matching."""
    feed = lambda x, sigma: network(x, T * sigma)
    for kind, sampler, more in ((S.DPMSolverMultistepScheduler, "dpm++", {}), (S.UniPCMultistepScheduler, "unipc", dict(variant="bh2"))):
        for shift in (1.0, 3.0):
            s = kind(**BETAS, **ZERO, prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift)
            # Upstream starts UniPC's levels at 1 - 1e-6 and the other's below 1.
            x, levels = in_state_by_level(s, 10, model=feed)
            record(s, sampler, f"flow shift {shift}", dict(prediction="flow", path="flow", order=2, **more), x, levels=levels[:-1])


def make():
    dpm_solver_plus_plus()
    unipc()
    singlestep()
    on_straight_path()
    zero_terminal_snr()
