"""TRL's `sft` script, quicker on a CPU: there TRL's head scores every token; here, as on a GPU, those alone that the loss counts."""

import runpy

from trl.trainer import utils

utils._use_triton = lambda device: True
runpy.run_module("trl.scripts.sft", run_name="__main__")
