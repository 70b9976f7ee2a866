"""A network of the benchmark in ONNX Runtime or OpenVINO, from the file that this library exports.

Speaks as torch_worker.py does: engine_worker.py FILE BATCH onnxruntime|openvino
"""

import json
import math
import resource
import sys
import time

import numpy as np


def onnxruntime_call(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    shapes = {port.name: port.shape[1:] for port in session.get_inputs()}
    return lambda feeds: session.run(None, feeds)[0], shapes, f"ONNX Runtime {onnxruntime.__version__}"


def openvino_call(path):
    import openvino

    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    shapes = {port.any_name: [d.get_length() for d in list(port.partial_shape)[1:]] for port in compiled.inputs}
    return lambda feeds: compiled(feeds)[0], shapes, f"OpenVINO {openvino.__version__.split('-')[0]}"


def main():
    path, batch, engine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    call, shapes, version = {"onnxruntime": onnxruntime_call, "openvino": openvino_call}[engine](path)
    random = np.random.default_rng(0)
    feeds = {name: random.standard_normal([batch, *shape], np.float32) for name, shape in shapes.items()}
    feeds["timestep"] = np.full(batch, 500, np.float32)

    def step():
        return float(call(feeds).sum())

    assert math.isfinite(step())
    # What the file holds is counted by whoever wrote it.
    print(json.dumps({"ready": True, "parameters": int(sys.argv[4]), "version": version}), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            times.append(1e3 * (time.perf_counter() - start))
        print(json.dumps({"ms": times}), flush=True)
    print(json.dumps({"peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)


if __name__ == "__main__":
    main()
