"""PyTorch's forward pass of a network description, for bench/forward.ts.

A child process that answers one line of JSON with one line of JSON:
  {"do": "version"}  -> {"version"}
  {"do": "setup", "id", "layers": [...], "shapes": {tap: {...}}, "tap", "tensors": {name: [file, shape]}}
                        -> {"form"}          the fastest form, of those that were tried
  {"do": "run", "id"} -> {}                 one pass over the whole batch
  {"do": "output", "id", "file"} -> {"n"}   the last image's tap, [H][W][C], written to file
One thread, channels_last, inference_mode. With a tensor `start`, the gradient by the tap, [B][H][W][C]: there and
back to the input, by autograd; channels_last or not, LRN as the library has it or as a product with a
banded matrix, whichever is fastest here. The output is the gradient by the input; with `weights`, names of layers, those by
their weights as well, which are the output then, one after the other, [out][in][H][W].
"""
import itertools
import json
import sys
import time

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
        if "input" in self.t:
            self.t["input"] = self.t["input"].permute(0, 3, 1, 2)
        for name, value in self.t.items():
            if name.endswith(".weight") and value.dim() == 4:
                self.t[name] = value.to(memory_format=torch.channels_last)
        self.result, self.bands, self.banded, self.form = None, {}, False, "channels_last"
        self.weights = [name + part for name in message.get("weights", []) for part in (".weight", ".bias")]
        if "start" in self.t:
            self.t["start"] = self.t["start"].permute(0, 3, 1, 2)
            self.choose()

    def choose(self):
        """The fastest of the forms of a way there and back."""
        tensors = self.t
        best = None
        for layout, banded in itertools.product(("channels_last", "contiguous"), (False, True)):
            memory = torch.channels_last if layout == "channels_last" else torch.contiguous_format
            laid = {k: v.contiguous(memory_format=memory) if v.dim() == 4 else v for k, v in tensors.items()}
            for name in self.weights:
                laid[name] = laid[name].detach().requires_grad_()
            self.t, self.bands, self.banded = laid, {}, banded
            took = []
            for _ in range(6):
                begun = time.perf_counter()
                self.run()
                took.append(time.perf_counter() - begun)
            if best is None or min(took) < best[0]:
                best = (min(took), laid, self.bands, banded, layout + (", banded LRN" if banded else ""))
        _, self.t, self.bands, self.banded, self.form = best

    def band(self, layer, x):
        """LRN's sum over a window of channels as a 1x1 convolution."""
        c, r = x.shape[1], layer["radius"]
        if layer["out"] not in self.bands:
            i = torch.arange(c)
            near = ((i[:, None] - i[None, :]).abs() <= r).float() * layer["alpha"]
            self.bands[layer["out"]] = near.reshape(c, c, 1, 1)
        scale = F.conv2d(x * x, self.bands[layer["out"]]) + layer["bias"]
        return x * scale.rsqrt() if layer["beta"] == 0.5 else x * scale.pow(-layer["beta"])

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
            if self.banded:
                return self.band(layer, x)
            n = 2 * layer["radius"] + 1
            return F.local_response_norm(x, n, layer["alpha"] * n, layer["beta"], layer["bias"])
        if op == "linear":
            return F.linear(x.flatten(1), self.t[layer["out"] + ".weight"], self.t[layer["out"] + ".bias"])
        return F.softmax(x, 1)

    def forward(self, x):
        values = {"input": x}
        for layer in self.layers:
            values[layer["out"]] = self.apply(layer, values)
        return values[self.tap]

    def run(self):
        if "start" in self.t:
            x = self.t["input"].detach().requires_grad_()
            wanted = [x] + [self.t[name] for name in self.weights]
            self.result, *self.by_weights = torch.autograd.grad(self.forward(x), wanted, self.t["start"])
            return
        with torch.inference_mode():
            self.result = self.forward(self.t["input"])

    def output(self, file):
        if self.weights:
            parts = [g.contiguous().numpy().ravel() for g in self.by_weights[::2]]
            data = np.concatenate(parts).astype("<f4")
            data.tofile(file)
            return {"n": int(data.size)}
        last = self.result[-1]
        data = (last.permute(1, 2, 0) if last.dim() == 3 else last).contiguous().numpy()
        data.astype("<f4").tofile(file)
        return {"n": int(data.size)}


def serve(kind):
    passes = {}
    for line in sys.stdin:
        message = json.loads(line)
        answer = {}
        if message["do"] == "version":
            answer = {"version": torch.__version__}
        elif message["do"] == "setup":
            passes[message["id"]] = kind(message)
            answer = {"form": passes[message["id"]].form}
        elif message["do"] == "run":
            passes[message["id"]].run()
        elif message["do"] == "output":
            answer = passes[message["id"]].output(message["file"])
        else:
            passes.pop(message["id"], None)
        torch_best.say(answer)


if __name__ == "__main__":
    serve(Forward)
