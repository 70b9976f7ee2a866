"""Runs what this library exports in ONNX Runtime and OpenVINO, and compares with its own outputs; writes result.json.

Run by hand from the root of the repository, after `pip install -r test/parity/onnx/requirements.txt`:
    python test/parity/onnx/check.py
result.json holds the hash of each file, and `npm test` fails when what is exported has another by now: run this again then.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import openvino
from safetensors.numpy import load_file

HERE = Path(__file__).parent


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, in units of the largest value."""
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert np.isfinite(theirs).all()
    return float(np.abs(ours - theirs).max() / max(1e-3, float(np.abs(ours).max())))


def fed(tensors: dict, batch: int, model: onnx.ModelProto) -> dict:
    whole = {port.name for port in model.graph.input if port.type.tensor_type.elem_type == onnx.TensorProto.INT32}
    names = [port.name for port in model.graph.input]
    return {n: tensors[f"{batch}.in.{n}"].astype(np.int32 if n in whole else np.float32) for n in names}


def check(folder: Path, case: dict) -> dict:
    path = folder / case["file"]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == 18
    tensors = load_file(folder / case["values"])
    outputs = [port.name for port in model.graph.output]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path), "CPU", exact)
    seen = {"onnxruntime": 0.0, "openvino": 0.0}
    for batch in case["batches"]:
        inputs = fed(tensors, batch, model)
        results = {"onnxruntime": dict(zip(outputs, session.run(outputs, inputs)))}
        answers = compiled(inputs)
        results["openvino"] = {name: answers[name] for name in outputs}
        for engine, values in results.items():
            worst = max(difference(tensors[f"{batch}.out.{n}"], values[n]) for n in outputs)
            seen[engine] = max(seen[engine], worst)
    operators = sorted({node.op_type for node in model.graph.node})
    return {
        "sha256": case["sha256"],
        "bytes": path.stat().st_size,
        "operators": " ".join(operators),
        **{engine: float(f"{worst:.1e}") for engine, worst in seen.items()},
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        script = HERE / "write-models.ts"
        subprocess.run(["node", "--import", "tsx", str(script), str(folder)], check=True)
        cases = json.loads((folder / "cases.json").read_text())
        checked = {}
        for name, case in cases.items():
            checked[name] = check(folder, case)
            print(f"{name}: {checked[name]['onnxruntime']} {checked[name]['openvino']}", flush=True)
    modules = {"onnx": onnx, "onnxruntime": onnxruntime, "openvino": openvino, "numpy": np}
    versions = {name: module.__version__.split("-")[0] for name, module in modules.items()}
    result = {"versions": versions, "batches": [1, 3, 7], "cases": checked}
    path = HERE / "result.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    subprocess.run(["npx", "prettier", "--write", str(path)], check=True)


main()
