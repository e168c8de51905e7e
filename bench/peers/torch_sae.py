"""PyTorch's training step of each architecture, for bench/sae.ts.

A child process that answers one line of JSON with one line of JSON:
  {"do": "version"}                          -> {"version"}
  {"do": "setup", "id", "arch", "form", "k", "l1", "groups", "bandwidth", "tensors": {name: [file, shape]}}
  {"do": "step", "id"}                       -> {"loss", "norm"}
One thread. Losses and constraints as in docs/architectures.md; gradients by autograd.
form: "dense" multiplies with all latents; "bag" decodes TopK's with embedding_bag.
"""
import json
import math
import sys

import torch_best

torch_best.restart()

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(1)
TRAINED = ("W_enc", "W_dec", "b_enc", "b_gate", "b_dec", "b_mag", "r_mag", "threshold")


class Threshold(torch.autograd.Function):
    """f = pre * 1[pre > theta] and H = 1[pre > theta], straight-through in theta."""

    @staticmethod
    def forward(ctx, pre, theta, width):
        on = (pre > theta).to(pre.dtype)
        ctx.save_for_backward(pre, theta, on)
        ctx.width = width
        return pre * on, on

    @staticmethod
    def backward(ctx, df, dh):
        pre, theta, on = ctx.saved_tensors
        inside = ((pre - theta).abs() < 0.5 * ctx.width).to(pre.dtype)
        return df * on, -((theta * df + dh) * inside).sum(0) / ctx.width, None


class Step:
    def __init__(self, message):
        self.arch, self.form = message["arch"], message["form"]
        self.k, self.l1 = message["k"], message["l1"]
        self.groups, self.bandwidth = message["groups"], message["bandwidth"]
        load = lambda file, shape: torch.from_numpy(np.fromfile(file, dtype="<f4").reshape(shape).copy())
        t = {name: load(*where) for name, where in message["tensors"].items()}
        self.x = t.pop("x")
        self.p = {name: v.requires_grad_(name in TRAINED) for name, v in t.items()}
        self.unit = self.arch != "relu" and self.arch != "jumprelu"
        values = list(self.p.values())
        try:
            self.adam = torch.optim.Adam(values, lr=1e-9, fused=True)
        except (TypeError, RuntimeError, ValueError):
            self.adam = torch.optim.Adam(values, lr=1e-9)

    def pre(self, bias="b_enc"):
        p = self.p
        x = self.x if not self.unit else self.x - p["b_dec"]
        return torch.addmm(p[bias], x, p["W_enc"].T)

    def loss(self):
        p, x, l1 = self.p, self.x, self.l1
        spread = ((x - x.mean(0)) ** 2).sum()
        if self.arch == "relu":
            f = F.relu(self.pre())
            error = ((torch.addmm(p["b_dec"], f, p["W_dec"]) - x) ** 2).sum()
            return (error + l1 * (f * p["W_dec"].norm(dim=1)).sum()) / len(x)
        if self.arch == "relu-unit":
            f = F.relu(self.pre())
            return (((torch.addmm(p["b_dec"], f, p["W_dec"]) - x) ** 2).sum() + l1 * f.sum()) / len(x)
        if self.arch == "gated":
            c = (x - p["b_dec"]) @ p["W_enc"].T
            pi = c + p["b_gate"]
            f = (pi > 0).to(c.dtype) * F.relu(torch.exp(p["r_mag"]) * c + p["b_mag"])
            gate = F.relu(pi)
            error = ((torch.addmm(p["b_dec"], f, p["W_dec"]) - x) ** 2).sum()
            aux = ((torch.addmm(p["b_dec"].detach(), gate, p["W_dec"].detach()) - x) ** 2).sum()
            return (error + l1 * gate.sum() + aux) / len(x)
        if self.arch == "jumprelu":
            f, on = Threshold.apply(self.pre(), p["threshold"], self.bandwidth)
            return (((torch.addmm(p["b_dec"], f, p["W_dec"]) - x) ** 2).sum() + l1 * on.sum()) / len(x)
        pre = self.pre()
        if self.arch == "topk":
            values, indices = torch.topk(pre, self.k, dim=1)
            if self.form == "bag":
                xhat = F.embedding_bag(indices, p["W_dec"], per_sample_weights=F.relu(values), mode="sum")
                return ((xhat + p["b_dec"] - x) ** 2).sum() / spread
            f = torch.zeros_like(pre).scatter(1, indices, F.relu(values))
        else:
            positive = F.relu(pre).flatten()
            top = torch.topk(positive, self.k * len(x))
            f = torch.zeros_like(positive).scatter(0, top.indices, top.values).reshape(pre.shape)
        if self.arch != "matryoshka":
            return ((torch.addmm(p["b_dec"], f, p["W_dec"]) - x) ** 2).sum() / spread
        total, xhat, before = 0, p["b_dec"], 0
        for end in self.groups:
            xhat = xhat + f[:, before:end] @ p["W_dec"][before:end]
            total = total + ((xhat - x) ** 2).sum()
            before = end
        return total / spread

    def step(self):
        self.adam.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        w = self.p["W_dec"]
        with torch.no_grad():
            if self.unit:
                w.grad -= (w.grad * w).sum(1, keepdim=True) * w
            norm = torch.nn.utils.clip_grad_norm_(list(self.p.values()), 1.0)
            self.adam.step()
            if self.unit:
                w /= w.norm(dim=1, keepdim=True)
        return {"loss": loss.item(), "norm": norm.item() if math.isfinite(norm.item()) else 0}


steps = {}
for line in sys.stdin:
    message = json.loads(line)
    if message["do"] == "version":
        answer = {"version": torch.__version__}
    elif message["do"] == "setup":
        steps[message["id"]] = Step(message)
        answer = {}
    elif message["do"] == "forget":
        steps.pop(message["id"], None)
        answer = {}
    else:
        answer = steps[message["id"]].step()
    torch_best.say(answer)
