"""Makes a model that trainers take of a GGUF file's weights: `python from_gguf.py <file.gguf> <folder>`."""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

file, folder = Path(sys.argv[1]), sys.argv[2]
source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
read = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
# transformers takes what it has dequantized for a quantized model, and does not save it.
config = read.config
del config.quantization_config
model = type(read)(config)
model.load_state_dict(read.state_dict())
model.to(torch.bfloat16).save_pretrained(folder)
AutoTokenizer.from_pretrained(**source).save_pretrained(folder)
