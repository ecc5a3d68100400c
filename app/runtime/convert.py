"""Turn a packaged GGUF into what vLLM reads: `python -m app.runtime.convert GGUF TARGET`.

Runs once, in a process of its own, so that the supervisor never loads torch.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def convert(gguf: Path, target: Path) -> None:
    """Write weights, configuration and tokenizer below `target`, all of it or nothing."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    making = target.with_name(target.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(
        str(gguf.parent),
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        # where the processor has kernels for packed weights they would stay packed, unwritable
        quantization_config=GgufConfig(dequantize=True),
    )
    # the weights are plain numbers again
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.save_pretrained(making)
    AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(making)
    making.rename(target)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
