"""What Hugging Face's containers do where an inference script has no function of its own.

Source: sagemaker-huggingface-inference-toolkit. Gaps: HF_MODEL_ID is left to transformers, which keeps what it loads
in its own cache; no diffusers, no Neuron.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import os
from typing import Any

from . import codecs
from .errors import ServingError, UnsupportedFormatError

#: What the end of an architecture's name says of its task, the later ones first.
TASKS = {
    "TapasForQuestionAnswering": "table-question-answering",
    "ForQuestionAnswering": "question-answering",
    "ForTokenClassification": "token-classification",
    "ForSequenceClassification": "text-classification",
    "ForMultipleChoice": "multiple-choice",
    "ForMaskedLM": "fill-mask",
    "ForCausalLM": "text-generation",
    "ForConditionalGeneration": "text2text-generation",
    "MTModel": "text2text-generation",
    "EncoderDecoderModel": "text2text-generation",
    "GPT2LMHeadModel": "text-generation",
    "T5WithLMHeadModel": "text2text-generation",
}
WITH_FEATURES = (
    "automatic-speech-recognition",
    "image-segmentation",
    "image-classification",
    "audio-classification",
    "object-detection",
    "zero-shot-image-classification",
)
IMAGES = ("image/jpeg", "image/png", "image/tiff", "image/bmp", "image/gif", "image/webp", "image/x-image")
SOUNDS = ("audio/x-flac", "audio/mpeg", "audio/wave", "audio/ogg", "audio/x-audio")


class HuggingFace:
    """A pipeline of the task that `HF_TASK` or the model's own configuration names."""

    @staticmethod
    def model_fn(model_dir: str, context: Any):
        task = os.environ.get("HF_TASK") or _task_of(model_dir)
        os.environ["HF_TASK"] = task
        from transformers import pipeline

        model = os.environ.get("HF_MODEL_ID") or model_dir
        trusted = os.environ.get("HF_TRUST_REMOTE_CODE", "False").lower() in ("y", "yes", "t", "true", "on", "1")
        reader = {"feature_extractor" if task in WITH_FEATURES else "tokenizer": model}
        gpu = context.system_properties["gpu_id"]
        return pipeline(task=task, model=model, device=-1 if gpu is None else gpu, trust_remote_code=trusted, **reader)

    @staticmethod
    def input_fn(body: bytes, content_type: str):
        if content_type == codecs.JSON:
            return json.loads(codecs.as_text(body))
        if content_type == codecs.CSV:
            return _decode_csv(codecs.as_text(body))
        if content_type == codecs.NPY:
            return codecs.decode_inference(body, content_type)
        if content_type in IMAGES:
            from PIL import Image

            return {"inputs": Image.open(io.BytesIO(body)).convert("RGB")}
        if content_type in SOUNDS:
            return {"inputs": bytes(body)}
        raise UnsupportedFormatError(content_type, 400)

    @staticmethod
    def predict_fn(data: Any, model: Any):
        inputs = data.pop("inputs", data)
        parameters = data.pop("parameters", None)
        return model(inputs) if parameters is None else model(inputs, **parameters)

    @staticmethod
    def output_fn(prediction: Any, accept: str):
        if accept == codecs.JSON:
            options = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
            return json.dumps(prediction, default=_plain, **options)
        if accept == codecs.CSV:
            return _encode_csv(prediction)
        if accept == codecs.NPY:
            return codecs.encode_npy(prediction)
        if accept in IMAGES:
            stream = io.BytesIO()
            kind = "PNG" if accept == "image/x-image" else accept.split("/")[1].upper()
            prediction.save(stream, format=kind)
            return stream.getvalue()
        raise UnsupportedFormatError(accept, 400)

    @staticmethod
    def answer_error(error: Any, trace: str):
        """Every error is the client's, in the form of the multi-model server."""
        body = {"code": 400, "type": "InternalServerException", "message": str(error)}
        return 400, json.dumps(body, indent=2) + "\n", codecs.JSON


def _task_of(model_dir: str):
    path = os.path.join(model_dir, "config.json")
    if not os.path.isfile(path):
        raise ServingError(
            "The model's task is not known: set HF_TASK in the model's Environment, or write a model_fn(model_dir)."
        )
    with open(path) as file:
        architecture = (json.load(file).get("architectures") or [""])[0]
    tasks = [task for ending, task in TASKS.items() if architecture.endswith(ending)]
    if not tasks:
        raise ServingError(
            "Task couldn't be inferenced from %s.Inference Toolkit can only inference tasks from architectures ending "
            "with %s.Use env `HF_TASK` to define your task." % (architecture, list(TASKS))
        )
    return tasks[-1]


def _decode_csv(text: str):
    if os.environ.get("HF_TASK") in ("zero-shot-classification", "table-question-answering"):
        raise ValueError(
            "content type text/csv not support with %s, use different content_type" % os.environ["HF_TASK"]
        )
    header = text.splitlines()[0].lower() if text else ""
    if not any(name in header for name in ("question", "context", "inputs")):
        raise ValueError(
            "You need to provide the correct CSV with Header columns to use it with the inference toolkit default handler."
        )
    rows = list(csv.DictReader(io.StringIO(text)))
    if "inputs" in rows[0]:
        return {"inputs": [row["inputs"] for row in rows]}
    return {"inputs": rows}


def _encode_csv(prediction: Any):
    rows = prediction if isinstance(prediction, list) else list(prediction)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _plain(value: Any):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return str(value)
    if hasattr(value, "save"):
        stream = io.BytesIO()
        value.save(stream, format="PNG")
        return base64.b64encode(stream.getvalue()).decode("ascii")
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
