"""Calls of TensorZero's Python client on a store that this project has filled, for a test.

    client.py <config file or glob> <ClickHouse's address> <run>

It prints what each call gave, as one line of JSON.
"""

import json
import sys
import time
import warnings

import dacite

# The client makes objects of what its engine answers; here the JSON itself is wanted.
dacite.from_dict = lambda data_class, data, config=None: data

import tensorzero  # noqa: E402

warnings.simplefilter("ignore")
config_file, clickhouse_url, run = sys.argv[1:]
client = tensorzero.TensorZeroGateway.build_embedded(config_file=config_file, clickhouse_url=clickhouse_url)
SET = "steps"
OF_RUN = {"type": "tag", "key": "run", "value": run, "comparison_operator": "="}
SOLVED = {"type": "boolean_metric", "metric_name": "success", "value": True}
given = {}

wanted = {"function_name": "act", "variant_name": "rule_based", "limit": 5}
samples = client.list_inferences(request={**wanted, "filters": {"type": "and", "children": [OF_RUN, SOLVED]}})["inferences"]
given["list_inferences"] = [sample["output"]["parsed"]["action"] for sample in samples]
ids = [sample["inference_id"] for sample in samples]
given["get_inferences"] = sorted(found["inference_id"] for found in client.get_inferences(ids=ids)["inferences"]) == sorted(ids)

stored = [tensorzero.StoredInferenceJson(**sample) for sample in samples]
rendered = client.experimental_render_samples(stored_samples=stored, variants={"act": "rule_based_history"})
given["experimental_render_samples"] = [len(sample.input.messages) for sample in rendered]

of_inferences = {"type": "inference_ids", "inference_ids": ids}
points = client.create_datapoints_from_inferences(dataset_name=SET, params=of_inferences)["ids"]
given["create_datapoints_from_inferences"] = len(points)
point = {"type": "json", "function_name": "act", "input": samples[0]["input"], "output": {"raw": '{"action":"drop"}'}}
made = client.create_datapoints(dataset_name=SET, requests=[point])["ids"]
given["create_datapoints"] = len(made)
given["list_datapoints"] = len(client.list_datapoints(dataset_name=SET, request={"function_name": "act"})["datapoints"])
change = {"type": "json", "id": made[0], "output": {"raw": '{"action":"toggle"}'}}
changed = client.update_datapoints(dataset_name=SET, requests=[change])["ids"]
got = client.get_datapoints(dataset_name=SET, ids=changed)["datapoints"]
given["get_datapoints"] = [found["output"]["parsed"] for found in got]
given["update_datapoints"] = len(changed)
client.delete_datapoints(dataset_name=SET, ids=changed)  # It tells how many by a count that our ClickHouse does not have.
given["delete_datapoints"] = len(client.list_datapoints(dataset_name=SET, request={"function_name": "act"})["datapoints"])

evaluation = client.workflow_evaluation_run(variants={"act": "rule_based"}, project_name="babyai", tags={"source": "test"})
given["workflow_evaluation_run"] = str(evaluation.run_id) != ""
episode = client.workflow_evaluation_run_episode(run_id=evaluation.run_id, task_name="goto/200")
given["workflow_evaluation_run_episode"] = str(episode.episode_id) != ""
answer = client.inference(function_name="act", input=samples[0]["input"], episode_id=episode.episode_id)
given["inference"] = [answer.variant_name, answer.output.parsed]
feedback = client.feedback(metric_name="success", episode_id=episode.episode_id, value=True)
given["feedback"] = str(feedback.feedback_id) != ""

examples = {"type": "dicl", "embedding_model": "embedder", "variant_name": "shown", "function_name": "act", "model": "random"}
job = client.experimental_launch_optimization_workflow(
    function_name="act",
    template_variant_name="rule_based",
    output_source="inference",
    filters={"type": "and", "children": [OF_RUN, SOLVED]},
    limit=5,
    optimizer_config=examples,
)
while (state := client.experimental_poll_optimization(job_handle=job)).status == tensorzero.OptimizationJobStatus.Pending:
    time.sleep(0.2)
given["experimental_launch_optimization_workflow"] = str(state.status)
print(json.dumps(given))
