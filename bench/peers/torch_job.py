"""The main job in PyTorch, as well as this machine does it: for bench/job.ts.

  torch_job.py SPEC.json OUT     one line of JSON: {"version", "seconds": {stage}, "sae", "peaks", "memory"}

The stages of `curvesae run`: photographs through the network to a store of sampled vectors, autoencoders of several
seeds (torch_job_sae.py), what is drawn through the network to tuning curves and detectors, chance's read-outs.
A user's program, not a copy of ours, in one of two forms (SPEC's "plain"):
  plain    one step after the other on all cores, as PyTorch does by itself; what its library has
  at best  a step on each core, side by side; LRN as a convolution; only latents that fire are seen by autograd
Both with batches in channels_last, whatever can be as one product. What ours does besides is left out, all of it in PyTorch's favour:
hashes, checksums, checkpoints and resuming; which way photographs run and what agrees with them; the autoencoder before training
and novelty among the controls; crops and the report.
"""
import json
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import torch_best

torch_best.restart()

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch_forward import Forward  # noqa: E402  (sets one thread)
from torch_job_sae import Sae, train  # noqa: E402

THREADS = os.cpu_count() or 1
PICTURES, DRAWINGS = 4, 16  # a batch; larger ones are no faster here


def picture(path, size):
    """Shorter side to 256/224 of the input's, the middle of it, RGB."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        short = round(size * 256 / 224)
        width, height = image.size
        if min(width, height) != short:
            scale = short / min(width, height)
            image = image.resize((round(width * scale), round(height * scale)), Image.BILINEAR)
        left, top = (image.size[0] - size) // 2, (image.size[1] - size) // 2
        return np.asarray(image.crop((left, top, left + size, top + size)))


def each_of(plain, work, items):
    """work(item) of each, in order: plainly, or side by side, a thread of PyTorch on each core."""

    def one(item):
        torch.set_num_threads(THREADS if plain else 1)
        with torch.inference_mode():
            return work(item)

    with ThreadPoolExecutor(1 if plain else THREADS) as pool:
        return list(pool.map(one, items))


class Network:
    def __init__(self, spec, shapes):
        layers = {"layers": spec["layers"], "shapes": shapes, "tap": spec["tap"], "tensors": spec["tensors"]}
        network = Forward(layers)
        network.banded = not spec["plain"]  # LRN as a 1x1 convolution: the whole a quarter faster here
        self.forward = network.forward
        self.mean = torch.tensor(spec["mean"]).view(1, 3, 1, 1)
        self.bgr = spec["channels"] == "bgr"

    def __call__(self, rgb):
        """[n][H][W][3] 0..255 -> the tap, [n][H*W][C]"""
        x = torch.from_numpy(rgb).permute(0, 3, 1, 2)
        x = (x.flip(1) if self.bgr else x).float().sub_(self.mean).contiguous(memory_format=torch.channels_last)
        return self.forward(x).permute(0, 2, 3, 1).flatten(1, 2)


def activations(spec, out):
    """Vectors of training, of held-out pictures and of uniform positions; written as ours are."""
    network, files = Network(spec, spec["shapes"]), spec["images"]

    def some(first):
        tap = network(np.stack([picture(f, spec["size"]) for f in files[first : first + PICTURES]]))
        n, places, channels = tap.shape
        drawn = torch.multinomial(tap.norm(dim=2) + 1e-8, spec["perImage"], replacement=True)
        uniform = torch.rand(n, places).argsort(1)[:, : spec["reference"]]
        take = lambda at: tap.gather(1, at[..., None].expand(-1, -1, channels))
        sample = take(drawn)
        held = (torch.arange(first, first + n) % 10) == 9
        return sample[~held].flatten(0, 1), sample[held].flatten(0, 1), take(uniform).flatten(0, 1)

    parts = each_of(spec["plain"], some, range(0, len(files), PICTURES))
    groups = dict(zip(("train", "heldout", "reference"), zip(*parts)))
    store = {name: torch.cat(parts) for name, parts in groups.items()}
    torch.save(store, os.path.join(out, "activations.pt"))
    return store


def drawn(spec, first, end):
    """Grey pictures of arcs and lines, ink 0 on 255: [n][size][size][3]"""
    size, width = spec["drawnSize"], spec["lineWidth"]
    kind, degrees, radius, x0, y0 = (torch.tensor(v[first:end]).view(-1, 1, 1) for v in spec["stimuli"])
    phi = degrees * (math.pi / 180)
    nx, ny = phi.cos(), phi.sin()
    at = torch.arange(size, dtype=torch.float32)
    dx, dy = at.view(1, 1, -1) - x0, at.view(1, -1, 1) - y0
    arc = (((dx + radius * nx) ** 2 + (dy + radius * ny) ** 2).sqrt_() - radius).abs_()
    distance = torch.where(kind == 0, arc, (dx * nx + dy * ny).abs_())
    grey = (1 - (width / 2 + 0.5 - distance).clamp_(0, 1)) * 255
    return grey[..., None].expand(-1, -1, -1, 3).numpy()


def responses(spec):
    """Of the read unit's position to every drawing, [stimuli][C]"""
    network = Network(spec, spec["drawnShapes"])
    count = len(spec["stimuli"][0])
    some = lambda i: network(drawn(spec, i, min(count, i + DRAWINGS)))[:, spec["readAt"]].clone()
    return torch.cat(each_of(spec["plain"], some, range(0, count, DRAWINGS)))


def detectors(curves, percentile, fires):
    """Which of curves [n][orientations] meet the criterion, and their peaks."""
    n = curves.shape[1]
    angle = torch.arange(n) * (2 * math.pi / n)
    peak, argmax = curves.max(1)
    x, y = curves @ angle.cos(), curves @ angle.sin()
    resultant = (x * x + y * y).sqrt() / curves.sum(1)
    echo = curves.gather(1, ((argmax + n // 2) % n)[:, None])[:, 0] / peak
    above = curves >= peak[:, None] / 2
    width = above.sum(1) * (360 / n)
    lobes = (above & ~above.roll(1, 1)).sum(1)
    shape = (resultant >= 0.85) & (echo < 0.1) & (lobes == 1) & (width >= 25) & (width <= 75)
    return shape & (peak >= 0.25 * percentile) & (percentile > 0) & (fires >= 20), peak


def statistics(values):
    """99.9th percentile and how often each unit fires, of [n][units]"""
    n = values.shape[0]
    top = values.topk(n - math.ceil(0.999 * n) + 1, dim=0).values[-1]
    return torch.where(top > 0, top, values.max(0).values), (values > 0).sum(0)


def curves(spec, sae, reference):
    answers = responses(spec)
    arcs = spec["arcs"]
    radii = spec["radii"]
    vectors, lines = answers[:arcs], answers[arcs:]
    mean = lambda x: x.reshape(arcs // radii, radii, -1).mean(1).T.contiguous()
    units = detectors(mean(vectors), *statistics(reference))
    features = torch.cat([sae.encode(part) for part in reference.split(8192)])
    percentile, fires = statistics(features)
    found = detectors(mean(sae.encode(vectors)), percentile, fires)
    sae.encode(lines).max(0)
    alive = (fires[fires >= 20] / len(reference)).tolist()
    return vectors, alive, units, found


def chance(spec, vectors, alive, reference):
    """Random read-outs as rare as the features, draws times, and principal components: which meet the criterion."""
    d = vectors.shape[1]
    photographs = reference[:: max(1, len(reference) // 4096)][:4096]
    n = len(photographs)

    def passed(directions, density):
        values = (photographs @ directions.T).T.sort(1, descending=True).values
        fires = torch.tensor([max(1, min(n - 1, round(v * n))) for v in density])
        t = values.gather(1, fires[:, None])
        rank = n - math.ceil(0.999 * n)
        percentile = values[:, rank].where(rank < fires, values[:, 0]) - t[:, 0]
        read = torch.relu((vectors @ directions.T).T - t)
        mean = read.reshape(len(directions), -1, spec["radii"]).mean(2)
        return int(detectors(mean, percentile, torch.full_like(percentile, 20))[0].sum())

    def draw(i):
        directions = torch.randn(len(alive), d, generator=torch.Generator().manual_seed(i))
        return passed(directions / directions.norm(dim=1, keepdim=True), alive)

    counts = each_of(spec["plain"], draw, range(spec["draws"]))
    _, components = torch.linalg.eigh(torch.cov(photographs.T))
    both = torch.cat([components.T, -components.T])
    passed(both, [sorted(alive)[len(alive) // 2]] * len(both))
    return sum(counts) / len(counts)


def main(spec, out):
    seconds = {}

    def timed(stage, work):
        begun = time.perf_counter()
        result = work()
        seconds[stage] = time.perf_counter() - begun
        return result

    torch.manual_seed(0)
    with torch.inference_mode():
        store = timed("activations", lambda: activations(spec, out))
    store = {name: v.clone() for name, v in store.items()}  # autograd refuses tensors of inference
    saes = timed("sae", lambda: train(store["train"], spec["sae"], spec["plain"], out, THREADS))
    with torch.inference_mode():
        first: Sae = saes[0]
        sae = timed("eval", lambda: first.measures(store["heldout"]))
        vectors, alive, (units, peaks), (features, _) = timed(
            "curves", lambda: curves(spec, first, store["reference"])
        )
        timed("controls", lambda: chance(spec, vectors, alive, store["reference"]))
    with open("/proc/self/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(
        json.dumps(
            {
                "version": torch.__version__,
                "seconds": seconds,
                "sae": sae,
                "peaks": {str(i): peaks[i].item() for i in units.nonzero()[:, 0].tolist()},
                "features": int(features.sum()),
                "memory": memory / 1024,
            }
        )
    )


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file), sys.argv[2])
