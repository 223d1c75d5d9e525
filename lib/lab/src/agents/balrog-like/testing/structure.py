"""What BALROG's own agents send: `import balrog` must find its source; of its dependencies nothing is needed.

Reads a list of { form, answers, demonstrated } from standard input: what the model answers by turns, and of how many steps the
episode is that few_shot is shown. Writes for each a line a turn, in the notation of structure.ts.
"""

import json
import re
import sys
import tempfile
import types
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock


class Wrapper:
    def __init__(self, env):
        self.env = env

    def __getattr__(self, name):
        return getattr(self.env, name)


def module(name, **members):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(members)


module("gymnasium", Wrapper=Wrapper)
bar = SimpleNamespace(n=0, total=0, update=lambda _: 0, set_postfix_str=lambda _: 0, close=lambda: 0)
bar.set_description = bar.update
module("tqdm", tqdm=lambda **_: bar)
module("omegaconf", OmegaConf=SimpleNamespace(to_container=lambda *_, **__: {}))
for name in "anthropic openai google google.genai PIL numpy balrog.client".split():
    sys.modules[name] = MagicMock()
module("balrog.environments", make_env=None)

import balrog  # noqa: E402

ROOT = Path(list(balrog.__path__)[0])
sys.modules["balrog.environments"].__path__ = [str(ROOT / "environments")]

from balrog import evaluator  # noqa: E402
from balrog.agents import AgentFactory  # noqa: E402
from balrog.environments.babyai_text.clean_lang_wrapper import (  # noqa: E402
    BABYAI_ACTION_SPACE,
    BabyAITextCleanLangWrapper,
)
from balrog.environments.env_wrapper import EnvWrapper  # noqa: E402

TASK = "BabyAI-MixedTrainLocal-v0/goto"


class Config(dict):
    __getattr__ = dict.__getitem__


def agent_settings():
    text = (ROOT / "config" / "config.yaml").read_text()
    block = text.split("agent:", 1)[1].split("\neval:", 1)[0]
    values = dict(re.findall(r"^ {2}(\w+):\s*(\w+)", block, re.M))
    return {key: int(value) if value.isdigit() else value == "True" for key, value in values.items()}


class World:
    """One whose observations are numbered."""

    language_action_space = BABYAI_ACTION_SPACE
    default_action = BabyAITextCleanLangWrapper.default_action.fget(None)

    def __init__(self, steps):
        self.max_steps = steps
        self.taken = 0

    def observation(self):
        text = {"long_term_context": f"<o{self.taken}>", "short_term_context": ""}
        return {"text": text, "mission": "<mission>", "image": None}

    def reset(self, seed):
        return self.observation(), {}

    def step(self, action):
        self.taken += 1
        return self.observation(), 0.0, self.taken == self.max_steps, False, {}

    def get_stats(self):
        return {}


class Demonstrations:
    """In place of files: what reading one does to the agent."""

    def __init__(self, steps):
        self.steps = steps

    def load_in_context_learning_episodes(self, count, task, agent):
        agent.update_icl_observation({"text": {"long_term_context": "<o0>"}})
        for i in range(self.steps):
            agent.update_icl_action("turn left")
            agent.update_icl_observation({"text": {"long_term_context": f"<o{i + 1}>"}})
        agent.wrap_episode()


def token(message, is_last):
    content = message.content
    if message.role == "assistant":
        head, plan, text = content.partition("Previous plan:\n")
        if plan and not head:
            return f"plan={text}"
        return "action=" + re.sub("^Failed to obtain a valid action .*", "none", content)
    assert message.role == "user", message.role
    if "<mission>" in content:
        return "instruction" if "PLAY!" in content else "instruction to learn"
    edge = re.search(r"(START|END) OF DEMONSTRATION EPISODE (\d+)", content)
    if edge:
        return f"{edge[1].lower()} {edge[2]}"
    if "your turn to play" in content:
        return "your turn"
    name = "current" if content.startswith("Current Observation:") else "observation"
    assert name == "current" or re.match("Obs|Obes", content), content
    assert (name == "current") == is_last
    shown = re.search(r"<o(\d+)>", content)
    asked = len(content) > shown.end() if is_last else content.endswith(">") or not shown
    assert asked, content
    told = " after invalid" if "did not contain a valid action" in content else ""
    return f"{name} {shown[1]}{told}" if shown else name


def play(form, answers, demonstrated):
    lines = []

    def generate(messages):
        last = len(messages) - 1
        lines.append([token(message, i == last) for i, message in enumerate(messages)])
        # As the clients answer.
        completion = answers[len(lines) - 1].strip()
        return Response(completion=completion, input_tokens=1, output_tokens=1, reasoning=None)

    settings = Config(agent_settings(), type=form)
    sys.modules["balrog.agents"].create_llm_client = lambda _: lambda: SimpleNamespace(generate=generate)
    config = SimpleNamespace(
        agent=settings,
        client=SimpleNamespace(client_name=""),
        envs=SimpleNamespace(env_kwargs=SimpleNamespace(seed=1)),
        eval=SimpleNamespace(icl_episodes=1, feedback_on_invalid_action=True, save_images=False),
    )
    evaluator.make_env = lambda *_: EnvWrapper(World(len(answers)), "babyai", TASK)
    one = object.__new__(evaluator.Evaluator)
    with tempfile.TemporaryDirectory() as folder:
        one.__dict__.update(
            env_name="babyai", config=config, output_dir=folder, max_steps_per_episode=None
        )
        one.dataset = Demonstrations(demonstrated)
        one.run_episode(TASK, AgentFactory(config).create_agent())
    assert len(lines) == len(answers)
    return lines


class Response(SimpleNamespace):
    def _replace(self, **changes):
        return Response(**{**self.__dict__, **changes})


json.dump([play(**job) for job in json.load(sys.stdin)], sys.stdout)
