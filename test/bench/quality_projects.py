"""Other projects in `npm run bench -- quality --peers projects`: each with its own U-Net, trainer and sampler.

Spoken to as quality_torch.py is, but `save PATH` draws: it writes the digits that the project's own sampler makes of the
averaged network, [samples, 28, 28] in -1 ... 1, as the tensor "digits".

    quality_projects.py '{"project": "smalldiffusion", "seed": 0, "data": "digits.f32", "samples": 2000, ...}'

What is not as the project has it, and why:

| | smalldiffusion (its example for Fashion-MNIST) | denoising-diffusion-pytorch (its README) |
|---|---|---|
| size | ch = 32, of 64: 1.11 million numbers | dim = 20, of 64, dim_mults (1, 2, 4), as 28 halves twice: 1.08 million |
| batch, learning rate | the study's, 64 and 5e-4, of 1024 and 7e-4 | the study's, of 32 and 8e-5: theirs are for days |
| accumulated batches | - | 1, of 2: as many steps as batches |
| flips | - | none: digits have a left and a right |
| sampler | 20 steps, gam = 1.6 | 250 steps of 1000, as in the README |
"""

import json
import os
import sys
import tempfile
from importlib.metadata import version

import torch

from quality_torch import SIDE, read_images, serve, write_safetensors

# Digits drawn at once.
DRAWN = 200
# More steps than any study has.
ENDLESS = 10**9


class Smalldiffusion:
    """examples/fashion_mnist_unet.py of the project, step by step."""

    decay = 0.999

    def __init__(self, order):
        from smalldiffusion import Scaled, ScheduleLogLinear, Unet, training_loop

        images = read_images(order["data"])
        loader = torch.utils.data.DataLoader(images, batch_size=order["batchSize"], shuffle=True)
        self.schedule = ScheduleLogLinear(sigma_min=0.01, sigma_max=20, N=800)
        self.network = Scaled(Unet)(SIDE, 1, 1, ch=32, ch_mult=(1, 1, 2), attn_resolutions=(14,))
        self.average = [p.detach().clone() for p in self.network.parameters()]
        self.loop = training_loop(loader, self.network, self.schedule, epochs=ENDLESS, lr=order["learningRate"])
        self.done = 0

    def step(self):
        next(self.loop)
        self.done += 1
        decay = min(self.decay, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.network.parameters()), 1 - decay)

    def draw(self, count):
        from smalldiffusion import samples

        self.network.eval()
        with torch.no_grad():
            for parameter, average in zip(self.network.parameters(), self.average):
                parameter.copy_(average)
        *_, x0 = samples(self.network, self.schedule.sample_sigmas(20), gam=1.6, batchsize=count)
        return x0


class DenoisingDiffusionPytorch:
    """The trainer of the project, told to go one step further each time."""

    def __init__(self, order):
        from denoising_diffusion_pytorch import GaussianDiffusion, Trainer, Unet

        self.folder = tempfile.TemporaryDirectory()
        digits = os.path.join(self.folder.name, "digits")
        write_pictures(read_images(order["data"]), digits)
        self.network = Unet(dim=20, dim_mults=(1, 2, 4), channels=1)
        diffusion = GaussianDiffusion(self.network, image_size=SIDE, timesteps=1000, sampling_timesteps=250)
        self.trainer = Trainer(
            diffusion,
            digits,
            train_batch_size=order["batchSize"],
            gradient_accumulate_every=1,
            augment_horizontal_flip=False,
            train_lr=order["learningRate"],
            train_num_steps=0,
            save_and_sample_every=ENDLESS,
            results_folder=os.path.join(self.folder.name, "results"),
            convert_image_to="L",
            calculate_fid=False,
        )

    def step(self):
        self.trainer.train_num_steps = self.trainer.step + 1
        self.trainer.train()

    def draw(self, count):
        # 0 ... 1, as the project has pictures.
        return 2 * self.trainer.ema.ema_model.sample(batch_size=count) - 1


def write_pictures(images, folder):
    from PIL import Image

    os.makedirs(folder)
    grey = ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).view(-1, SIDE, SIDE).numpy()
    for i, picture in enumerate(grey):
        Image.fromarray(picture).save(os.path.join(folder, f"{i:05}.png"))


PROJECTS = {"smalldiffusion": Smalldiffusion, "denoising-diffusion-pytorch": DenoisingDiffusionPytorch}


def draw_all(training, count, path):
    parts = []
    while sum(map(len, parts)) < count:
        parts.append(training.draw(min(DRAWN, count - sum(map(len, parts)))).detach().float().cpu())
    write_safetensors(path, {"digits": torch.cat(parts).view(count, SIDE, SIDE).clamp(-1, 1)})


def main():
    order = json.loads(sys.argv[1])
    torch.manual_seed(order["seed"])
    training = PROJECTS[order["project"]](order)
    training.step()
    count = sum(p.numel() for p in training.network.parameters())
    project = order["project"]
    ready = {"parameters": count, "version": f"{project} {version(project)}, PyTorch {torch.__version__}"}
    serve(ready, training.step, lambda path: draw_all(training, order["samples"], path))


if __name__ == "__main__":
    main()
