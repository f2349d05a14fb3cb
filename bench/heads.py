"""Separate linear heads on the features of a frozen encoder, in plain PyTorch: a yardstick for mosaic/task-counts.

    .venv/bin/python bench/heads.py CIFAR10 CIFAR100

The folders are in the official binary layouts. The encoder (four convolutions, 3 epochs of CIFAR10) is followed by the
means over what is left of the image, as Tessera's conv4 is, or by all of it. Prints, for each, accuracy in per cent on
all of CIFAR100's test images, the task told and not told (largest logit).
"""

import argparse
import pathlib

import numpy
import torch
from torch.nn.functional import cross_entropy

CHANNELS = [3, 32, 64, 128, 256]
CLASSES = 100


def images(files, labels):
    """Pixels [N, 3, 32, 32] from 0 to 1 and the last of `labels` label bytes [N], of files in CIFAR's layout."""
    rows = numpy.concatenate([numpy.fromfile(file, numpy.uint8).reshape(-1, labels + 3072) for file in files])
    pixels = torch.from_numpy(rows[:, labels:]).float().div(255).view(-1, 3, 32, 32)
    return pixels, torch.from_numpy(rows[:, labels - 1]).long()


def fit(parameters, loss, samples, steps):
    """AdamW without decay, batches of 128 of `samples` drawn in epochs."""
    optimiser = torch.optim.AdamW(parameters, 1e-3, weight_decay=0)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(order) < 128:
            order = samples[torch.randperm(len(samples))]
        batch, order = order[:128], order[128:]
        optimiser.zero_grad()
        loss(batch).backward()
        optimiser.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cifar10", type=pathlib.Path)
    parser.add_argument("cifar100", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    pixels, labels = images(sorted(given.cifar10.glob("data_batch_*.bin")), 1)
    mean, deviation = pixels.mean((0, 2, 3), keepdim=True), pixels.std((0, 2, 3), keepdim=True)
    pixels = (pixels - mean) / deviation
    parts = [images([given.cifar100 / name], 2) for name in ("train.bin", "test.bin")]

    print("features  tasks   told  not told")
    for pooled in (True, False):
        torch.manual_seed(given.seed)
        layers = []
        for size in zip(CHANNELS, CHANNELS[1:]):
            layers += [torch.nn.Conv2d(*size, 3, 2, 1), torch.nn.ReLU()]
        side = 1 if pooled else 2
        encoder = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(side), torch.nn.Flatten())
        width = CHANNELS[-1] * side**2
        model = torch.nn.Sequential(encoder, torch.nn.Linear(width, 10))
        everything = torch.arange(len(pixels))
        fit(model.parameters(), lambda batch: cross_entropy(model(pixels[batch]), labels[batch]), everything, 1200)
        with torch.no_grad():
            (train, of), (test, truth) = [
                (torch.cat([encoder((x - mean) / deviation) for x in part.split(1000)]), y) for part, y in parts
            ]
        for tasks, steps in ((5, 800), (10, 400), (20, 200), (33, 120)):
            size = CLASSES // tasks
            task = (torch.arange(CLASSES) // size).clamp(max=tasks - 1)
            logits = torch.empty(len(test), CLASSES)
            for k in range(tasks):
                first, count = k * size, int((task == k).sum())
                head = torch.nn.Linear(width, count)
                samples = (task[of] == k).nonzero()[:, 0]
                fit(
                    head.parameters(), lambda batch: cross_entropy(head(train[batch]), of[batch] - first), samples, steps
                )
                with torch.no_grad():
                    logits[:, first : first + count] = head(test)
            told = logits.masked_fill(task != task[truth][:, None], -torch.inf).argmax(1)
            right = [100 * (guess == truth).float().mean().item() for guess in (told, logits.argmax(1))]
            print(f"{'means' if pooled else 'all':8} {tasks:6} {right[0]:6.1f} {right[1]:9.1f}", flush=True)


if __name__ == "__main__":
    main()
