"""Times one synthesis step of SARDFQ in PyTorch: forward of an image and the gradient with respect to it.

    step.py deit_tiny_patch16_224.safetensors --threads 2 --rounds 20 -o step.json

The loss is soft cross-entropy plus attention priors alignment (alpha = 1e5; mean over tokens, l / L weighted sum over
heads and over the blocks from L / 2 on), without crops, total variation and the optimizer's step. f32, and bf16 by
autocast; eager, attention not fused; weights need no gradient.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures" / "make"))
from load_timm import load  # noqa: E402


class Step:
    """The loss of a batch of images with random soft labels and random priors."""

    def __init__(self, model, count, alpha):
        self.model, self.alpha, self.attention = model, alpha, {}
        generator = torch.Generator().manual_seed(0)
        size = model.pretrained_cfg["input_size"]
        self.images = torch.randn(count, *size, generator=generator).requires_grad_()
        scores = torch.rand(count, model.num_classes, generator=generator)
        scores[torch.arange(count), torch.arange(count) % model.num_classes] = 7.5
        self.targets = scores.softmax(1)
        depth = len(model.blocks)
        self.weights = {block: (block + 1) / depth for block in range(depth // 2 - 1, depth)}
        patches, heads = model.patch_embed.num_patches, model.blocks[0].attn.num_heads
        self.priors = {
            block: torch.rand(count, heads, patches, generator=generator).softmax(2) for block in self.weights}

    def tap(self, block):
        """Keeps a block's attention probabilities of the running forward pass."""
        def keep(_, operands):
            self.attention[block] = operands[0]
        return self.model.blocks[block].attn.attn_drop.register_forward_pre_hook(keep)

    def run(self, is_bf16):
        """Forward and backward; returns seconds and the gradient."""
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=is_bf16):
            logits = self.model(self.images)
        loss = -(self.targets * logits.float().log_softmax(1)).sum(1).mean()
        prefix = self.model.num_prefix_tokens
        for block, weight in self.weights.items():
            rows = self.attention[block][:, :, 0, prefix:]
            loss = loss + self.alpha * weight * (rows.float() - self.priors[block]).square().mean(2).sum(1).mean()
        (gradient,) = torch.autograd.grad(loss, self.images)
        return time.perf_counter() - started, gradient


def measure(model, count, rounds, warm_up, alpha, is_bf16):
    """Milliseconds per image over `rounds` steps of a batch."""
    step = Step(model, count, alpha)
    hooks = [step.tap(block) for block in step.weights]
    for _ in range(warm_up):
        step.run(is_bf16)
    times = [step.run(is_bf16)[0] * 1e3 / count for _ in range(rounds)]
    for hook in hooks:
        hook.remove()
    return dict(
        type="bf16 autocast" if is_bf16 else "f32", batch=count, rounds=rounds, ms_per_image_min=min(times),
        ms_per_image_median=statistics.median(times))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="a .safetensors file")
    parser.add_argument("--arch", help="timm's model name, where the file does not tell it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--alpha", type=float, default=1e5)
    parser.add_argument("-o", "--output", type=Path, help="JSON; default: standard output")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = load(arguments.model, arguments.arch).requires_grad_(False)
    results = [
        measure(model, count, arguments.rounds, arguments.warm_up, arguments.alpha, is_bf16)
        for is_bf16 in (False, True) for count in arguments.batches]
    report = dict(
        engine=f"PyTorch {torch.__version__} eager", model=arguments.model.name, threads=arguments.threads,
        cpu_capability=torch.backends.cpu.get_cpu_capability(), results=results)
    text = json.dumps(report, indent=1) + "\n"
    if arguments.output:
        arguments.output.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
