"""PyTorch's forward pass of a network description, for bench/forward.ts.

A child process that answers one line of JSON with one line of JSON:
  {"do": "version"}  -> {"version"}
  {"do": "setup", "id", "layers": [...], "shapes": {tap: {...}}, "tap", "tensors": {name: [file, shape]}}
  {"do": "run", "id"} -> {}                 one pass over the whole batch
  {"do": "output", "id", "file"} -> {"n"}   the last image's tap, [H][W][C], written to file
One thread, channels_last, inference_mode.
"""
import json
import sys

import torch_best

torch_best.restart()

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(1)


class Forward:
    def __init__(self, message):
        self.layers, self.shapes, self.tap = message["layers"], message["shapes"], message["tap"]
        load = lambda file, shape: torch.from_numpy(np.fromfile(file, dtype="<f4").reshape(shape).copy())
        self.t = {name: load(*where) for name, where in message["tensors"].items()}
        # [B][H][W][3] seen as NCHW is channels_last as it lies.
        self.t["input"] = self.t["input"].permute(0, 3, 1, 2)
        for name, value in self.t.items():
            if name.endswith(".weight") and value.dim() == 4:
                self.t[name] = value.to(memory_format=torch.channels_last)
        self.result = None

    def pads(self, layer):
        here, there = self.shapes[layer["in"]], self.shapes[layer["out"]]
        after = lambda n, o, before: max(0, (o - 1) * layer["stride"] + layer["size"] - n - before)
        y, x = there["beforeY"], there["beforeX"]
        return x, after(here["width"], there["width"], x), y, after(here["height"], there["height"], y)

    def apply(self, layer, values):
        op = layer["op"]
        if op == "concat":
            return torch.cat([values[name] for name in layer["in"]], 1)
        x = values[layer["in"]]
        if op == "conv":
            w, b = self.t[layer["out"] + ".weight"], self.t[layer["out"] + ".bias"]
            left, right, top, bottom = self.pads(layer)
            if left == right and top == bottom:
                return F.relu_(F.conv2d(x, w, b, layer["stride"], (top, left)))
            return F.relu_(F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, layer["stride"]))
        if op == "maxpool":
            left, right, top, bottom = self.pads(layer)
            if left == right and top == bottom:
                return F.max_pool2d(x, layer["size"], layer["stride"], (top, left))
            # Values are >= 0 here, so that zeros pad as -inf would.
            return F.max_pool2d(F.pad(x, (left, right, top, bottom)), layer["size"], layer["stride"])
        if op == "avgpool":
            return F.avg_pool2d(x, layer["size"], layer["stride"])
        if op == "lrn":
            n = 2 * layer["radius"] + 1
            return F.local_response_norm(x, n, layer["alpha"] * n, layer["beta"], layer["bias"])
        if op == "linear":
            return F.linear(x.flatten(1), self.t[layer["out"] + ".weight"], self.t[layer["out"] + ".bias"])
        return F.softmax(x, 1)

    @torch.inference_mode()
    def run(self):
        values = {"input": self.t["input"]}
        for layer in self.layers:
            values[layer["out"]] = self.apply(layer, values)
        self.result = values[self.tap]

    def output(self, file):
        last = self.result[-1]
        data = (last.permute(1, 2, 0) if last.dim() == 3 else last).contiguous().numpy()
        data.astype("<f4").tofile(file)
        return {"n": int(data.size)}


passes = {}
for line in sys.stdin:
    message = json.loads(line)
    answer = {}
    if message["do"] == "version":
        answer = {"version": torch.__version__}
    elif message["do"] == "setup":
        passes[message["id"]] = Forward(message)
    elif message["do"] == "run":
        passes[message["id"]].run()
    elif message["do"] == "output":
        answer = passes[message["id"]].output(message["file"])
    else:
        passes.pop(message["id"], None)
    print(json.dumps(answer), flush=True)
