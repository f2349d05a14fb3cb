"""The default preset's model in PyTorch's Python: the peer that Tessera's training throughput is measured against.

Encoder linear 784 to 64, residual MoE layers (layer norm, linear router, top k of the softmax divided by its
sum, experts 64-128-64 with GELU), linear head, cross entropy, AdamW (fused). Two ways to run the experts: a loop over
them, and torch.nn.functional.grouped_mm over tokens sorted by expert. Prints JSON: steps per second of each.
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F
from torch import nn


class MoE(nn.Module):
    def __init__(self, width, hidden, experts, k, norm, bank):
        super().__init__()
        self.k, self.experts, self.bank = k, experts, bank
        self.norm = nn.LayerNorm(width) if norm else nn.Identity()
        self.router = nn.Linear(width, experts, bias=False)
        self.w1 = nn.Parameter(torch.randn(experts, width, hidden) / width**0.5)
        self.b1 = nn.Parameter(torch.zeros(experts, hidden))
        self.w2 = nn.Parameter(torch.randn(experts, hidden, width) / hidden**0.5)
        self.b2 = nn.Parameter(torch.zeros(experts, width))

    def forward(self, x):
        h = self.norm(x)
        weights, chosen = torch.softmax(self.router(h), -1).topk(self.k, -1)
        weights = weights / weights.sum(-1, keepdim=True)
        return x + (self.loop(h, weights, chosen) if self.bank == "loop" else self.grouped(h, weights, chosen))

    def loop(self, h, weights, chosen):
        out = torch.zeros_like(h)
        for e in range(self.experts):
            token, slot = torch.where(chosen == e)
            if token.numel():
                y = F.gelu(h[token] @ self.w1[e] + self.b1[e]) @ self.w2[e] + self.b2[e]
                out.index_add_(0, token, y * weights[token, slot, None])
        return out

    def grouped(self, h, weights, chosen):
        expert, order = chosen.flatten().sort(stable=True)
        token = order // self.k
        ends = torch.bincount(expert, minlength=self.experts).cumsum(0).to(torch.int32)
        y = F.grouped_mm(h[token], self.w1, offs=ends) + self.b1[expert]
        y = F.grouped_mm(F.gelu(y), self.w2, offs=ends) + self.b2[expert]
        return torch.zeros_like(h).index_add_(0, token, y * weights.flatten()[order, None])


def model(args, bank):
    layers = [MoE(args.width, args.hidden, args.experts, args.k, args.norm, bank) for _ in range(args.depth)]
    return nn.Sequential(nn.Linear(784, args.width), *layers, nn.Linear(args.width, 10))


def steps_per_second(args, bank, images, labels):
    torch.manual_seed(1)
    net = model(args, bank)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, fused=True)
    order = torch.randperm(len(images))
    start = 0.0
    for step in range(args.warm_up + args.steps):
        if step == args.warm_up:
            start = time.perf_counter()
        at = step * args.batch % (len(images) - args.batch)
        batch = order[at : at + args.batch]
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return args.steps / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in dict(width=64, hidden=128, experts=8, k=2, depth=4, batch=128, steps=300, warm_up=30).items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=default)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--norm", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--bank", choices=["loop", "grouped"], action="append")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    images, labels = torch.randn(8192, 784), torch.randint(0, 10, (8192,))
    print(json.dumps({bank: steps_per_second(args, bank, images, labels) for bank in args.bank or ["loop", "grouped"]}))


if __name__ == "__main__":
    main()
