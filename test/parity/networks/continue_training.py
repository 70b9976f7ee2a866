"""Goes on training a U-Net of this library with diffusers and accelerate, on one machine or many.

`accelerate launch continue_training.py MODEL IMAGES OUT [--steps N] [--batch N] [--rate X]`

MODEL is a folder that saveDiffusionModel wrote (npm run train does), IMAGES a safetensors file whose "images" are
[N, C, H, W] in −1 … 1, OUT the folder that loadModel opens. What the network learns, and on which schedule, is what the
model's scheduler says. A network with classes needs the "labels" of IMAGES, [N]; one in ten is replaced by the label that
stands for none, which model_index.json names.
OUT/outputs.safetensors holds the outputs of the network before and after for eight of the images, so that whoever opens it
can compare.
"""

import argparse
import json
from pathlib import Path

import torch
from accelerate import Accelerator
from diffusers import DDPMPipeline, UNet2DModel
from diffusers.training_utils import EMAModel
from safetensors.torch import load_file, save_file

PROBE_TIMES = torch.tensor([0, 50, 100, 300, 500, 700, 900, 999])


NOTES = "_diffusion_lab"
INDEX = "model_index.json"


@torch.no_grad()
def outputs(model: UNet2DModel, images: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
    return model.eval()(images, PROBE_TIMES.to(images.device), labels).sample.cpu().contiguous()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("model", "images", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=64, help="examples a step and process")
    parser.add_argument("--rate", type=float, default=1e-4)
    options = parser.parse_args()

    accelerator = Accelerator()
    pipeline = DDPMPipeline.from_pretrained(options.model)
    unet, scheduler = pipeline.unet, pipeline.scheduler
    prediction = scheduler.config.prediction_type
    # What diffusers has no key for: it opens the index, and writes another without it.
    notes = json.loads((options.model / INDEX).read_text()).get(NOTES, {})
    none = notes.get("unconditional_label")
    data = load_file(options.images)
    images, labels = data["images"], data["labels"].long()
    probe = images[:8].to(accelerator.device)
    probe_labels = labels[:8].to(accelerator.device) if unet.config.num_class_embeds else None
    before = outputs(unet.to(accelerator.device), probe, probe_labels)

    examples = torch.utils.data.TensorDataset(images, labels)
    if len(images) < options.batch * accelerator.num_processes:
        raise SystemExit(f"{len(images)} images make no batch of {options.batch} on {accelerator.num_processes} processes: lower --batch")
    loader = torch.utils.data.DataLoader(examples, batch_size=options.batch, shuffle=True, drop_last=True)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=options.rate, weight_decay=0.0)
    average = EMAModel(unet.parameters(), decay=0.999)
    model, optimizer, loader = accelerator.prepare(unet, optimizer, loader)
    accelerator.print(f"{len(images)} images on {accelerator.num_processes} processes, {accelerator.device.type}")
    model.train()
    step = 0
    while step < options.steps:
        for x0, label in loader:
            noise = torch.randn_like(x0)
            t = torch.randint(0, scheduler.config.num_train_timesteps, (x0.shape[0],), device=x0.device)
            condition = None
            if probe_labels is not None:
                left_out = torch.rand(label.shape, device=label.device) < (0.1 if none is not None else 0)
                condition = label.masked_fill(left_out, none or 0)
            targets = {"epsilon": noise, "sample": x0, "v_prediction": scheduler.get_velocity(x0, noise, t)}
            loss = torch.nn.functional.mse_loss(model(scheduler.add_noise(x0, noise, t), t, condition).sample, targets[prediction])
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            average.step(unet.parameters())
            step += 1
            if step % 20 == 0 or step == options.steps:
                accelerator.print(f"step {step} of {options.steps}, loss {accelerator.reduce(loss.detach(), 'mean'):.4f}")
            if step == options.steps:
                break

    if accelerator.is_main_process:
        average.copy_to(unet.parameters())
        pipeline.save_pretrained(options.out)
        index = json.loads((options.out / INDEX).read_text())
        (options.out / INDEX).write_text(json.dumps(index | {NOTES: notes}, indent=2) + "\n")
        after = outputs(unet, probe, probe_labels)
        probed = {"images": probe.cpu(), "times": PROBE_TIMES.float(), "before": before, "after": after}
        save_file(probed, options.out / "outputs.safetensors")
    accelerator.wait_for_everyone()
    accelerator.end_training()


if __name__ == "__main__":
    main()
