"""Trains a small network on exported features and uploads it: see BRING-YOUR-OWN-MODEL.md.

usage: OPSOURCE_TOKEN=… python3 bring-your-own-model.py FEATURES.csv [GRAPHQL_URL]
"""
import base64
import hashlib
import io
import json
import os
import pathlib
import sys
import time
import urllib.request

import pandas
import torch

HORIZON_MS = 10_000
SEED = 7

# 1. Features, as the platform computes them, and what happened: all but the last fifth of the time to learn from.
table = pandas.read_csv(sys.argv[1], parse_dates=["time"]).sort_values("time", kind="stable")
names = [name for name in table.columns if name not in ("time", "up")]
end = table["time"].quantile(0.8)
learned = table[table["time"] < end - pandas.Timedelta(milliseconds=HORIZON_MS)]  # their outcomes are known by then
judged = table[table["time"] >= end]
rows = lambda part: torch.tensor(part[names].to_numpy("float32"))
ups = lambda part: torch.tensor(part[["up"]].to_numpy("float32"))

# 2. A small network that scales its inputs itself, so that the file takes raw features.
torch.manual_seed(SEED)
torch.set_num_threads(1)


class Network(torch.nn.Module):
    def __init__(self, sample):
        super().__init__()
        self.register_buffer("scale", sample.std(0).clamp(min=1e-6))
        # Without biases: what is symmetric says an even chance.
        hidden, answer = torch.nn.Linear(sample.shape[1], 4, bias=False), torch.nn.Linear(4, 1, bias=False)
        self.layers = torch.nn.Sequential(hidden, torch.nn.Tanh(), answer)

    def forward(self, features):
        return torch.sigmoid(self.layers(features / self.scale))


network = Network(rows(learned))
optimiser = torch.optim.AdamW(network.parameters(), lr=0.003, weight_decay=0.1)
for step in range(50):
    optimiser.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy(network(rows(learned)), ups(learned))
    loss.backward()
    optimiser.step()
network.eval()

# 3. ONNX: any number of rows, and some of them with what torch itself gives for them.
sample = rows(judged)[:64]
with torch.no_grad():
    expected = network(sample)
    brier = float(((network(rows(judged)) - ups(judged)) ** 2).mean())
file = io.BytesIO()
torch.onnx.export(
    network, sample, file, opset_version=17,
    input_names=["features"], output_names=["probability"],
    dynamic_axes={"features": {0: "rows"}, "probability": {0: "rows"}},
)
onnx = file.getvalue()

# What it has learned from: forecasts while these recordings play are not scored.
recordings = pathlib.Path(__file__).parent.parent / "data/binance-btc-eth-2024-08-08"
learned_from = [
    {"segment": path.stem, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    for path in sorted(recordings.glob("spot_*_20240808.gz"))
]

# 4. Upload. What is larger than 128 kB goes in parts before; where no answer comes in time, the same is sent again.
base64_of = lambda content: base64.b64encode(content).decode()
floats = lambda tensor: base64_of(tensor.numpy().astype("<f4").tobytes())
url = sys.argv[2] if len(sys.argv) > 2 else "http://localhost:4000/graphql"
PART_BYTES = 128 * 1024


def ask(query, variables):
    for _ in range(10):
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPSOURCE_TOKEN"]}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as response:
            answer = json.load(response)
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        if codes != ["SUBGRAPH_UNAVAILABLE"]:
            return answer
        time.sleep(2)
    return answer


sha256 = hashlib.sha256(onnx).hexdigest()
parts = [onnx[at : at + PART_BYTES] for at in range(0, len(onnx), PART_BYTES)]
if len(parts) > 1 or os.environ.get("IN_PARTS"):
    ADD = "mutation Add($input: ModelFilePartInput!) { addModelFilePart(input: $input) { ... on Refusal { message } } }"
    for index, part in enumerate(parts):
        ask(ADD, {"input": {"sha256": sha256, "index": index, "base64": base64_of(part)}})
    uploaded = {"parts": {"sha256": sha256, "count": len(parts)}}
else:
    uploaded = {"base64": base64_of(onnx)}

UPLOAD = """
mutation Upload($input: UploadModelInput!) {
  uploadModel(input: $input) {
    __typename
    ... on ModelUploaded { isNew difference rowMs batchMs version { version sha256 model { name } } }
    ... on ModelRejected { check observed limit }
    ... on Refusal { code message }
  }
}
"""
answer = ask(UPLOAD, {"input": {
    "model": os.environ.get("MODEL", "torch-direction"),
    "file": uploaded,
    "signature": {
        "input": {"name": "features", "shape": [len(names)]},
        "output": {"name": "probability", "shape": [1]},
    },
    "featureSet": "book",
    "features": names,
    "horizonMs": HORIZON_MS,
    "sample": {"rows": floats(sample), "expected": floats(expected)},
    "framework": "torch " + torch.__version__,
    "seed": SEED,
    "trainedOn": learned_from,
}})
json.dump({"sha256": sha256, "brier": brier, **answer}, sys.stdout)
