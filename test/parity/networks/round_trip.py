"""The round trip of weights between this library and diffusers.

`python round_trip.py fixtures` writes fixtures/folders/*: model folders as diffusers itself saves them.
`python round_trip.py check`    has this library write models, opens them with from_pretrained, and compares ε.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DModel

from formula import fill, rounded, signal

HERE = Path(__file__).parent
CONFIG = {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": [4, 8],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "attention_head_dim": 4,
}
TIMESTEPS = [999.0, 3.0]


def epsilon(model: torch.nn.Module) -> torch.Tensor:
    name = type(model).__name__
    condition = {}
    if name == "UNet2DConditionModel":
        condition["encoder_hidden_states"] = signal("context", [2, 4, 5])
    if name == "DiTTransformer2DModel":
        condition["class_labels"] = torch.tensor([1, 0])
    with torch.no_grad():
        if name == "AutoencoderKL":
            return model.double().eval()(signal("input", [2, 1, 8, 8])).sample
        t = torch.tensor(TIMESTEPS, dtype=torch.float64)
        return model.double().eval()(signal("input", [2, 1, 8, 8]), timestep=t, **condition).sample


def write_fixtures() -> None:
    folders = HERE / "fixtures" / "folders"
    shutil.rmtree(folders, ignore_errors=True)
    expected = {}
    forms = {
        "float32": (torch.float32, {}),
        "float16": (torch.float16, {"variant": "fp16"}),
        "bfloat16": (torch.bfloat16, {}),
        "sharded": (torch.float16, {"max_shard_size": "8KB"}),
    }
    for name, (dtype, options) in forms.items():
        model = UNet2DModel(**CONFIG)
        fill(model)
        model.to(dtype).save_pretrained(folders / name, **options)
        expected[name] = rounded(epsilon(model).flatten().tolist())
    (folders / "expected.json").write_text(json.dumps({"timesteps": TIMESTEPS, "outputs": expected}) + "\n")
    print(sum(f.stat().st_size for f in folders.rglob("*") if f.is_file()), "bytes")


def check() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--import", "tsx", str(HERE / "write-models.ts"), folder], check=True)
        for path in sorted(Path(folder).iterdir()):
            name = json.loads((path / "config.json").read_text())["_class_name"]
            model, info = getattr(diffusers, name).from_pretrained(path, output_loading_info=True)
            assert not any(info.values()), info
            ours = torch.tensor(json.loads((path / "epsilon.json").read_text()), dtype=torch.float64)
            theirs = epsilon(model).flatten()
            error = float((ours - theirs).norm() / theirs.norm())
            print(f"{path.name} ({name}): relative difference of the output {error:.1e}")
            assert error < 1e-5


if __name__ == "__main__":
    {"fixtures": write_fixtures, "check": check}[sys.argv[1]]()
