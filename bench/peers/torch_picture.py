"""A picture optimised in PyTorch as visualize does it, for bench/picture.ts: spectrum, colours, window, network, Adam.

Lines of JSON as torch_forward.py, whose network this is:
  {"do": "setup", ..., "unit": [channel, row, column], "size", "window", "rate", "steps"} -> {"form"}
  tensors: weights, and `re`, `im` [size][size/2+1][4]: where every run begins
  {"do": "run", "id"}, {"do": "output", "id", "file"}: the picture, [size][size][3], 0..255
Both layouts are tried, and the faster one is taken.
"""
import torch_forward

import time

import numpy as np
import torch
import torch.nn.functional as F

COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]]) / (0.26**2 + 2 * 0.27**2) ** 0.5


class Picture(torch_forward.Forward):
    def __init__(self, message):
        self.message = message
        self.input = message["layers"][0]["in"]
        super().__init__(message)
        n = message["size"]
        fy = torch.fft.fftfreq(n)[:, None]
        fx = torch.fft.rfftfreq(n)[None, :]
        self.scale = n / torch.clamp((fy * fy + fx * fx).sqrt(), min=1 / n)
        weights = dict(self.t)
        best = None
        for memory, banded in ((torch.channels_last, True), (torch.contiguous_format, True), (torch.channels_last, False)):
            self.t = {k: v.contiguous(memory_format=memory) if v.dim() == 4 else v for k, v in weights.items()}
            self.bands, self.banded, took = {}, banded, []
            for _ in range(3):
                begun = time.perf_counter()
                self.run()
                took.append(time.perf_counter() - begun)
            if best is None or min(took) < best[0]:
                form = ("channels_last" if memory == torch.channels_last else "contiguous") + (", banded LRN" if banded else "")
                best = (min(took), self.t, self.bands, banded, form)
        _, self.t, self.bands, self.banded, self.form = best

    def paint(self, spectrum):
        n = self.message["size"]
        t = torch.fft.irfft2(torch.complex(spectrum[0], spectrum[1]) * self.scale, s=(n, n)) / 4
        return torch.sigmoid(torch.einsum("rc,bcyx->bryx", COLOURS, t))

    def run(self):
        size, window, steps = (self.message[k] for k in ("size", "window", "steps"))
        channel, row, column = self.message["unit"]
        start = torch.stack([self.t[k][..., :3].permute(2, 0, 1)[None] for k in ("re", "im")])
        spectrum = start.clone().requires_grad_()
        adam = torch.optim.Adam([spectrum], lr=self.message["rate"], eps=1e-8)
        # The window as a map that could turn and scale, as ours is.
        half = window / size
        theta = torch.tensor([[[half, 0.0, 0.0], [0.0, half, 0.0]]])
        grid = F.affine_grid(theta, (1, 3, window, window), align_corners=False)
        layers, last = self.layers[:-1], self.layers[-1]
        for _ in range(steps):
            adam.zero_grad()
            seen = F.grid_sample(self.paint(spectrum) - 0.5, grid, align_corners=False) + 0.5
            x = seen * 255 - 117
            values = {self.input: x}
            for layer in layers:
                values[layer["out"]] = self.apply(layer, values)
            # The last layer before its ReLU.
            pad = self.pads(last)
            w, b = self.t[last["out"] + ".weight"], self.t[last["out"] + ".bias"]
            out = F.conv2d(values[last["in"]], w, b, last["stride"], (pad[2], pad[0]))
            (-out[0, channel, row, column]).backward()
            adam.step()
        with torch.no_grad():
            self.result = self.paint(spectrum) * 255

    def output(self, file):
        data = self.result[0].permute(1, 2, 0).contiguous().numpy()
        data.astype("<f4").tofile(file)
        return {"n": int(data.size)}


torch_forward.serve(Picture)
