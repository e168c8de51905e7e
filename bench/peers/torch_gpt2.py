"""GPT-2 in plain PyTorch, as Hugging Face's files lay it out: the judge of logits, taps and gradients.

  torch_gpt2.py WEIGHTS.safetensors HEADS TOKENS.json OUT.safetensors   values and gradients
  torch_gpt2.py                                                         a peer of the benchmark
"""
import json
import struct
import sys

import torch_best

torch_best.restart()

import torch
import torch.nn.functional as F


def load(path):
    with open(path, "rb") as f:
        (n,) = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(n))
        data = bytearray(f.read())
    whole = torch.frombuffer(data, dtype=torch.float32)
    out = {}
    for name, e in head.items():
        if name != "__metadata__":
            a, b = e["data_offsets"]
            out[name] = whole[a // 4 : b // 4].reshape(e["shape"])
    return out


def save(path, tensors):
    head, at, parts = {}, 0, []
    for name, t in tensors.items():
        b = t.detach().contiguous().float().numpy().tobytes()
        head[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(b)]}
        at += len(b)
        parts.append(b)
    h = json.dumps(head).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + b"".join(parts))


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


def forward(w, heads, ids, keep):
    t = ids.numel()
    x = keep("hook_embed", w["wte.weight"][ids]) + w["wpe.weight"][:t]
    d = x.shape[1]
    mask = torch.full((t, t), float("-inf")).triu(1)
    norm = lambda x, n: F.layer_norm(x, (d,), w[n + ".weight"], w[n + ".bias"], 1e-5)
    lin = lambda x, n: torch.addmm(w[n + ".bias"], x, w[n + ".weight"])
    i = 0
    while f"h.{i}.ln_1.weight" in w:
        h, b = f"h.{i}.", f"blocks.{i}."
        x = keep(b + "hook_resid_pre", x)
        q, k, v = lin(norm(x, h + "ln_1"), h + "attn.c_attn").split(d, 1)
        split = lambda a: a.reshape(t, heads, d // heads).transpose(0, 1)
        a = split(q) @ split(k).transpose(1, 2) / (d // heads) ** 0.5 + mask
        z = keep(b + "attn.hook_z", (a.softmax(-1) @ split(v)).transpose(0, 1).reshape(t, d))
        x = keep(b + "hook_resid_mid", x + keep(b + "hook_attn_out", lin(z, h + "attn.c_proj")))
        m = keep(b + "mlp.hook_post", gelu_new(lin(norm(x, h + "ln_2"), h + "mlp.c_fc")))
        x = keep(b + "hook_resid_post", x + keep(b + "hook_mlp_out", lin(m, h + "mlp.c_proj")))
        i += 1
    return keep("logits", norm(x, "ln_f") @ w["wte.weight"].T)


def serve():
    """Lines of JSON, as bench/peers/python.ts asks them."""
    w = heads = ids = logits = None
    for line in sys.stdin:
        m = json.loads(line)
        answer = {}
        if m["do"] == "version":
            answer["version"] = torch.__version__
        elif m["do"] == "setup":
            w, heads, ids = load(m["file"]), m["heads"], torch.tensor(m["tokens"])
        elif m["do"] == "run":
            with torch.no_grad():
                logits = forward(w, heads, ids, lambda _, x: x)
        else:
            logits.numpy().tofile(m["file"])
        torch_best.say(answer)


def main():
    torch.set_num_threads(1)
    if len(sys.argv) == 1:
        serve()
        return
    weights, heads, tokens, out = sys.argv[1:5]
    w = load(weights)
    w = {n.removeprefix("transformer."): t for n, t in w.items()}
    ids = torch.tensor(json.load(open(tokens))["tokens"])
    kept = {}

    def keep(name, x):
        if not x.requires_grad:
            x = x.detach().requires_grad_()
        x.retain_grad()
        kept[name] = x
        return x

    logits = forward(w, int(heads), ids, keep)
    # The cross-entropy of each next token, summed.
    loss = F.cross_entropy(logits[:-1], ids[1:], reduction="sum")
    loss.backward()
    save(out, {**kept, **{"grad/" + n: t.grad for n, t in kept.items()}})


main()
