"""Makes a model that trainers take of a tuned one: `python merge.py <adapter folder> <folder>`."""

import sys

import torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoTokenizer

adapter, folder = sys.argv[1:]
tuned = AutoPeftModelForCausalLM.from_pretrained(adapter, dtype=torch.float32).merge_and_unload()
tuned.to(torch.bfloat16).save_pretrained(folder)
AutoTokenizer.from_pretrained(adapter).save_pretrained(folder)
