"""The plain PyTorch loop of `npm run bench -- quality`: trains the benchmark's U-Net on digits, when it is told to.

Spoken to in lines: it prints {"ready": ...} after its first step, answers `<n>` with the milliseconds of each of n
steps and `save PATH` by writing the averaged parameters there (safetensors, names of this network), and at the end of
its input prints its peak memory.

    quality_torch.py '{"seed": 0, "data": "digits.f32", "batchSize": 64, ...}'     keys: test/bench/quality/recipe.ts
"""

import ctypes
import json
import os
import resource
import struct
import sys
import time

import torch

from torch_worker import UNet

SIDE = 28


def read_images(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32).view(-1, 1, SIDE, SIDE)


def shuffled_batches(images, size):
    """Epoch after epoch of shuffled images; a batch may span two, none is dropped."""
    waiting = torch.empty(0, dtype=torch.int64)
    while True:
        while len(waiting) < size:
            waiting = torch.cat([waiting, torch.randperm(len(images))])
        yield images[waiting[:size]]
        waiting = waiting[size:]


class Training:
    def __init__(self, order):
        torch.manual_seed(order["seed"])
        self.network = UNet()
        self.parameters = list(self.network.parameters())
        self.average = [p.detach().clone() for p in self.parameters]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=order["learningRate"], weight_decay=0)
        self.batches = shuffled_batches(read_images(order["data"]), order["batchSize"])
        self.max_norm, self.decay, self.times = order["maxGradientNorm"], order["averageDecay"], order["T"]
        alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, self.times, dtype=torch.float64), 0)
        self.signal, self.sigma = (column.float().view(-1, 1, 1, 1) for column in (alpha_bar.sqrt(), (1 - alpha_bar).sqrt()))
        self.done = 0

    def step(self):
        x0 = next(self.batches)
        # 0 … T − 1, as the network counts.
        t = torch.randint(self.times, (len(x0),))
        noise = torch.randn(x0.shape)
        xt = self.signal[t] * x0 + self.sigma[t] * noise
        self.optimizer.zero_grad()
        loss = (self.network(xt, t.float()) - noise).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.max_norm)
        self.optimizer.step()
        self.done += 1
        decay = min(self.decay, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, 1 - decay)
        return loss.item()

    def save(self, path):
        names = [name for name, _ in self.network.named_parameters()]
        write_safetensors(path, dict(zip(names, self.average)))


def write_safetensors(path, tensors):
    """https://github.com/huggingface/safetensors: length of the header, header, data. The file appears whole."""
    header, chunks, offset = {}, [], 0
    for name, tensor in tensors.items():
        tensor = tensor.contiguous()
        chunk = ctypes.string_at(tensor.data_ptr(), 4 * tensor.numel())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(chunk)]}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(header).encode()
    with open(f"{path}.partial", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))
    os.replace(f"{path}.partial", path)


def say(message):
    print(json.dumps(message), flush=True)


def serve(ready, step, save):
    """Speaks the lines that the top of this file tells of; the first step has been taken."""
    say({"ready": True, **ready})
    for line in sys.stdin:
        request = line.strip()
        if request.startswith("save "):
            save(request[5:])
            say({"saved": True})
            continue
        times = []
        for _ in range(int(request)):
            start = time.perf_counter()
            step()
            times.append(1e3 * (time.perf_counter() - start))
        say({"ms": times})
    say({"peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss})


def main():
    training = Training(json.loads(sys.argv[1]))
    training.step()
    count = sum(p.numel() for p in training.parameters)
    serve({"parameters": count, "version": f"PyTorch {torch.__version__}"}, training.step, training.save)


if __name__ == "__main__":
    main()
