"""Serves the trained network, and says where it ran."""

import json
import os

import torch


def model_fn(model_dir):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.jit.load(os.path.join(model_dir, "model.pth"), map_location=device), device


def input_fn(body, content_type):
    return json.loads(body)


def predict_fn(rows, loaded):
    model, device = loaded
    with torch.no_grad():
        answers = model(torch.tensor(rows, dtype=torch.float32, device=device)).cpu().tolist()
    return {"answers": answers, "device": device, "devices": torch.cuda.device_count()}


def output_fn(answer, accept):
    return json.dumps(answer)
