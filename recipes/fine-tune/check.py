"""Loads what `npm run export -- --format sft` and `dpo` have written with the readers of `datasets` and TRL, and prints what they see as JSON.

    python check.py <sft folder> <another sft folder of the same name> <dpo folder> <sft.jsonl> <dpo.jsonl>
"""

import json
import sys

from datasets import load_dataset
from trl.data_utils import is_conversational

sft, other, dpo, sft_lines, dpo_lines = sys.argv[1:]


def folder(path, columns):
    splits = load_dataset(path)
    for split in splits.values():
        assert columns <= set(split.column_names), split.column_names
        for row in split:
            assert is_conversational(row)
            assert all(row[column][-1]["content"] for column in columns), row
    first = splits["train"][0]
    return {"rows": {name: len(split) for name, split in splits.items()}, "first": first}


print(
    json.dumps(
        {
            "sft": folder(sft, {"prompt", "completion"}),
            "other": folder(other, {"prompt", "completion"}),
            "dpo": folder(dpo, {"prompt", "chosen", "rejected"}),
            "sft_lines": [row["messages"] for row in load_dataset("json", data_files=sft_lines, split="train")],
            "dpo_lines": len(load_dataset("json", data_files=dpo_lines, split="train")),
        }
    )
)
