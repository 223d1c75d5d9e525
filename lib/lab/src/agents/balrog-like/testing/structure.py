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


def tokens(messages, said, instruction, form):
    """By what messages have in common and in what they differ, none of BALROG's words being known here."""
    labels = {message.content.partition("\n")[0] for message in messages[:-1]}
    marks = 0
    for i, message in enumerate(messages):
        content, is_last = message.content, i == len(messages) - 1
        label, has_more, more = content.partition("\n")
        if message.role == "assistant":
            if has_more and more in said:
                yield f"plan={more}"
            else:
                is_own = form != "robust_cot" or any(content in answer for answer in said)
                yield f"action={content if is_own else 'none'}"
            continue
        assert message.role == "user", message.role
        shown = re.search(r"<o(\d+)>", content)
        if "<mission>" in content:
            yield "instruction" if content == instruction else "instruction to learn"
        elif shown:
            assert is_last == (label not in labels) == (len(content) > shown.end()), content
            told = " after invalid" if content[: shown.start()] != f"{label}\n" else ""
            yield f"{'current' if is_last else 'observation'} {shown[1]}{told}"
        elif content.endswith(":"):
            yield "observation"
        else:
            number = re.search(r"\d+", content)
            marks += 1
            yield f"{('start', 'end')[marks - 1]} {number[0]}" if number else "your turn"


def play(form, answers, demonstrated):
    lines = []
    said = [answer.strip() for answer in answers]  # as the clients answer

    def generate(messages):
        instruction = agent.prompt_builder.system_prompt
        lines.append(list(tokens(messages, said[: len(lines)], instruction, form)))
        completion = said[len(lines) - 1]
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
        agent = AgentFactory(config).create_agent()
        one.run_episode(TASK, agent)
    assert len(lines) == len(answers)
    return lines


class Response(SimpleNamespace):
    def _replace(self, **changes):
        return Response(**{**self.__dict__, **changes})


json.dump([play(**job) for job in json.load(sys.stdin)], sys.stdout)
