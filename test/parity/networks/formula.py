"""Numbers that Python and TypeScript compute alike, so that fixtures hold no weights."""

import numpy as np
import torch


def fnv1a(text: str) -> int:
    h = 0x811C9DC5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def uniforms(name: str, count: int) -> np.ndarray:
    """Numbers in [-1, 1) that depend on the name and the index alone."""
    x = np.arange(count, dtype=np.uint64) + np.uint64(fnv1a(name))
    mask = np.uint64(0xFFFFFFFF)
    x = (x * np.uint64(0x9E3779B1)) & mask
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x ^= x >> np.uint64(13)
    x = (x * np.uint64(0xC2B2AE35)) & mask
    x ^= x >> np.uint64(16)
    return x.astype(np.float64) / 2**31 - 1


def fill(module: torch.nn.Module) -> None:
    """Weights of matrices near unit gain, norms near 1, biases near 0: float32 values, whatever the module's type."""
    for name, tensor in module.named_parameters():
        u = uniforms(name, tensor.numel())
        if tensor.dim() > 1:
            values = u * np.sqrt(3 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("weight"):
            values = 1 + 0.5 * u
        else:
            values = 0.3 * u
        data = torch.from_numpy(values.astype(np.float32).reshape(tensor.shape))
        tensor.data.copy_(data.to(tensor.dtype))


def signal(name: str, shape: list[int]) -> torch.Tensor:
    """An input of unit variance, float64 holding float32 values."""
    values = (uniforms(name, int(np.prod(shape))) * np.sqrt(3)).astype(np.float32)
    return torch.from_numpy(values.reshape(shape)).double()


def digest(name: str, gradient: torch.Tensor | None) -> list[float]:
    """Norm, and products with three fixed vectors: enough to tell a wrong gradient from a right one."""
    if gradient is None:
        return [0.0, 0.0, 0.0, 0.0]
    flat = gradient.detach().numpy().astype(np.float64).ravel()
    return [float(np.linalg.norm(flat))] + [float(flat @ uniforms(f"{name}#{k}", flat.size)) for k in range(3)]


def rounded(values, digits: int = 9):
    return [float(f"{v:.{digits}g}") for v in values]
