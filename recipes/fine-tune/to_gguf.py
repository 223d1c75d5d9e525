"""Puts a tuned model's weights into a GGUF file, as eight-bit ones: `python to_gguf.py <adapter folder> <base.gguf> <out.gguf>`.

Everything but the weights is the base file's: it must be the one that the base model was made of, a Llama-like one.
"""

import os
import sys

import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType, get_tensor_name_map, quants
from gguf.constants import MODEL_ARCH
from peft import AutoPeftModelForCausalLM

adapter, base, out = sys.argv[1:]
model = AutoPeftModelForCausalLM.from_pretrained(adapter, dtype=torch.float32).merge_and_unload()
config = model.config
reader = GGUFReader(base)
writer = GGUFWriter(out + ".part", arch="llama")
for field in reader.fields.values():
    if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
        continue
    kind = field.types[0]
    of = field.types[-1] if kind == GGUFValueType.ARRAY else None
    writer.add_key_value(field.name, field.contents(), kind, sub_type=of)
writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)

names = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
weights = {
    names.get_name(name, try_suffixes=(".weight",)): weight for name, weight in model.state_dict().items()
}


def interleaved(weight, heads):
    """llama.cpp rotates pairs that are neighbors, transformers the halves of a head."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


for tensor in reader.tensors:
    weight = weights[tensor.name]
    if tensor.name.endswith("attn_q.weight"):
        weight = interleaved(weight, config.num_attention_heads)
    if tensor.name.endswith("attn_k.weight"):
        weight = interleaved(weight, config.num_key_value_heads)
    data = weight.numpy()
    assert list(data.shape) == list(tensor.shape[::-1]), (tensor.name, data.shape, tensor.shape)
    if data.ndim == 1:
        writer.add_tensor(tensor.name, data)
    else:
        kind = GGMLQuantizationType.Q8_0
        writer.add_tensor(tensor.name, quants.quantize(data, kind), raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
os.rename(out + ".part", out)
