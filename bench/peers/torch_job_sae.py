"""BatchTopK autoencoders of several seeds in PyTorch, for torch_job.py: what docs/architectures.md says of ours.

The k B largest positive pre-activations of a batch, AuxK for dead latents, both errors over the spread of what they
explain; gradients clipped, Adam, decoder rows of length 1, their gradient's part along them taken out.
Plain: all latents, the largest of all, one autoencoder after the other on all cores. At best: those that fire are
gathered, chosen among what exceeds a guess, and the autoencoders train side by side, a thread each.
"""
import math
import os
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F


def median(rows):
    """Geometric, by Weiszfeld."""
    m = rows.mean(0)
    for _ in range(50):
        w = 1 / (rows - m).norm(dim=1).clamp_min(1e-12)
        m = (w @ rows) / w.sum()
    return m


class Sae:
    def __init__(self, x, h, plain, seed):
        """x [n][d], scaled; h: dSae, k, batch, steps, lr, epsilon, warmup, decay, deadAfter, auxK, auxCoefficient, clip"""
        self.x, self.h, self.plain = x, h, plain
        self.scale = 1.0
        d, f = x.shape[1], h["dSae"]
        random = torch.Generator().manual_seed(seed)
        w = torch.randn(f, d, generator=random)
        w /= w.norm(dim=1, keepdim=True)
        self.w_dec, self.w_enc = w.clone().requires_grad_(), w.clone().requires_grad_()
        self.b_enc = torch.zeros(f, requires_grad=True)
        self.b_dec = median(x[:: max(1, len(x) // 8192)][:8192]).clone().requires_grad_()
        self.parameters = [self.w_enc, self.w_dec, self.b_enc, self.b_dec]
        self.adam = torch.optim.Adam(self.parameters, lr=h["lr"], eps=h["epsilon"])
        self.guess, self.threshold, self.last_fired = 0.0, 0.0, torch.zeros(f, dtype=torch.int64)

    def rate(self, step):
        steps, up = self.h["steps"], math.floor(self.h["steps"] * self.h["warmup"])
        down = math.floor(steps * self.h["decay"])
        factor = (step + 1) / up if step < up else 1
        return self.h["lr"] * (min(factor, (steps - step) / down) if step >= steps - down else factor)

    def kept(self, pre):
        """Where the k B largest are, and their values."""
        flat, wanted = pre.flatten(), self.h["k"] * len(pre)
        if self.plain:
            values, at = torch.topk(flat, wanted, sorted=False)
            return at[values > 0], values[values > 0]
        near = (flat > self.guess).nonzero()[:, 0]
        if len(near) < wanted:
            near = (flat > 0).nonzero()[:, 0]
        values, at = torch.topk(flat[near], min(wanted, len(near)), sorted=False)
        self.guess = 0.85 * values.min().item()
        return near[at], values

    def reconstruct(self, x, xc):
        f = self.h["dSae"]
        if self.plain:
            pre = torch.addmm(self.b_enc, xc, self.w_enc.T)
            at, values = self.kept(pre.detach())
            chosen = pre.flatten()[at]
            z = torch.zeros_like(pre).flatten().scatter(0, at, chosen).reshape(pre.shape)
            return torch.addmm(self.b_dec, z, self.w_dec), at, values, pre
        with torch.no_grad():
            pre = torch.addmm(self.b_enc, xc, self.w_enc.T)
            at, values = self.kept(pre)
            sample, latent = at.div(f, rounding_mode="floor"), at % f
        chosen = (xc.index_select(0, sample) * self.w_enc.index_select(0, latent)).sum(1) + self.b_enc[latent]
        parts = chosen[:, None] * self.w_dec.index_select(0, latent)
        return self.b_dec.expand_as(x).index_add(0, sample, parts), at, values, pre

    def auxiliary(self, e, xc, dead):
        """From the auxK largest of dead latents."""
        pre = torch.addmm(self.b_enc[dead], xc, self.w_enc[dead].T)
        top = torch.topk(pre, min(self.h["auxK"], len(dead)), dim=1, sorted=False)
        z = torch.zeros_like(pre).scatter(1, top.indices, F.relu(top.values))
        spread = ((e - e.mean(0)) ** 2).sum()
        return self.h["auxCoefficient"] * ((z @ self.w_dec[dead] - e) ** 2).sum() / spread

    def step(self, x, step):
        h, f = self.h, self.h["dSae"]
        seen = step * len(x)
        dead = (seen - self.last_fired >= h["deadAfter"]).nonzero()[:, 0]
        xc = x - self.b_dec
        xhat, at, values, _ = self.reconstruct(x, xc)
        error = ((xhat - x) ** 2).sum()
        spread = ((x - x.mean(0)) ** 2).sum()
        loss = error / spread
        if len(dead):
            loss = loss + self.auxiliary((x - xhat).detach(), xc, dead)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            self.last_fired[at % f] = seen + len(x)
            least = values.min().item()
            self.threshold += max(0.01, 1 / (step + 1)) * (least - self.threshold)
            w = self.w_dec
            w.grad -= (w.grad * w).sum(1, keepdim=True) * w
            torch.nn.utils.clip_grad_norm_(self.parameters, h["clip"])
            self.adam.param_groups[0]["lr"] = self.rate(step)
            self.adam.step()
            w /= w.norm(dim=1, keepdim=True)

    def run(self, threads, order_seed):
        """All steps on batches of shuffled epochs."""
        torch.set_num_threads(threads)
        n, batch = len(self.x), self.h["batch"]
        random = torch.Generator().manual_seed(order_seed)
        order = torch.empty(0, dtype=torch.int64)
        for step in range(self.h["steps"]):
            while len(order) < batch:
                order = torch.cat([order, torch.randperm(n, generator=random)])
            self.step(self.x.index_select(0, order[:batch]), step)
            order = order[batch:]
        for p in self.parameters:
            p.requires_grad_(False)
        return self

    def encode(self, x):
        """[n][F] of vectors as they are."""
        pre = torch.addmm(self.b_enc, self.scale * x - self.b_dec, self.w_enc.T)
        return pre * (pre > self.threshold)

    def measures(self, x):
        z = self.encode(x)
        xhat = torch.addmm(self.b_dec, z, self.w_dec) / self.scale
        fvu = ((x - xhat) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
        return {"fvu": fvu.item(), "l0": (z > 0).sum().item() / len(x), "dead": (z > 0).any(0).logical_not().float().mean().item()}


def train(vectors, h, plain, out, threads):
    scale = math.sqrt(vectors.shape[1] * len(vectors) / (vectors.double() ** 2).sum().item())
    x = vectors * scale
    saes = [Sae(x, h, plain, seed) for seed in range(h["seeds"])]
    with ThreadPoolExecutor(1 if plain else len(saes)) as pool:
        list(pool.map(lambda sae: sae.run(threads if plain else 1, 0), saes))
    for i, sae in enumerate(saes):
        sae.scale = scale
        torch.save([p.detach() for p in sae.parameters], os.path.join(out, f"sae-{i}.pt"))
    return saes
