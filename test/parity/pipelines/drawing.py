"""Draws from a pipeline folder with diffusers, step by step, from noise that is given."""

from collections.abc import Callable

import torch
from diffusers import schedulers

Noise = Callable[[int], torch.Tensor]


def draw(unet, scheduler, noise: Noise, steps: int, labels: torch.Tensor | None = None, **options) -> torch.Tensor:
    """The loop of src/networks/README.md: x_T = noise(0), and what step i adds is noise(i)."""
    scheduler.set_timesteps(steps)
    x = noise(0)
    with torch.no_grad(), replayed(noise):
        for t in scheduler.timesteps:
            output = unet(x, t.expand(len(x)), class_labels=labels).sample
            x = scheduler.step(output, t, x, **options).prev_sample
    return x


class replayed:
    """Gives diffusers' draws from a list: the first that is asked for is noise(1)."""

    modules = [schedulers.scheduling_ddpm, schedulers.scheduling_ddim, schedulers.scheduling_flow_match_euler_discrete]

    def __init__(self, noise: Noise, first: int = 1) -> None:
        self.noise, self.next = noise, first

    def __enter__(self) -> None:
        def replay(shape, **_) -> torch.Tensor:
            noise = self.noise(self.next)
            self.next += 1
            assert list(noise.shape) == list(shape), (noise.shape, shape)
            return noise

        self.kept = [(module, module.randn_tensor) for module in self.modules if hasattr(module, "randn_tensor")]
        for module, _ in self.kept:
            module.randn_tensor = replay

    def __exit__(self, *_) -> None:
        for module, randn in self.kept:
            module.randn_tensor = randn
