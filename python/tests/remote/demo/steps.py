"""Two commands of one script, by the names of the other package, as its users write them."""

import json
import os

import helper
from aws_sagemaker_remote.args import OPTIONAL, PathArgument
from aws_sagemaker_remote.commands import run_commands
from aws_sagemaker_remote.processing import ProcessingCommand
from aws_sagemaker_remote.training import TrainingCommand

HERE = os.path.dirname(os.path.abspath(__file__))


def prepare(args):
    """Writes what it was given."""
    names = sorted(os.listdir(args.folder))
    assert args.nothing is None
    text = helper.shout(read(args.text))
    os.makedirs(args.output, exist_ok=True)
    with open(os.path.join(args.output, "result.json"), "w") as stream:
        json.dump({"text": text, "names": names, "width": args.width, "set": os.environ.get("SET_BEFORE")}, stream)


def read(*path):
    """A file's text."""
    with open(os.path.join(*path)) as stream:
        return stream.read().strip()


def train(args):
    """Tells what it found."""
    found = {
        "parts": sorted(read(place, "part.txt") for place in args.parts.values()),
        "text": read(args.text),
        "checkpoints": sorted(os.listdir(args.checkpoint_dir)),
        "rate": args.rate,
        "env": os.environ.get("GIVEN"),
        "sagemaker": args.is_sagemaker,
    }
    print("accuracy=0.75")
    os.makedirs(args.model_dir, exist_ok=True)
    with open(os.path.join(args.model_dir, "found.json"), "w") as stream:
        json.dump(found, stream)


COMMANDS = {
    "prepare": ProcessingCommand(
        __file__,
        prepare,
        inputs={"text": os.path.join(HERE, "text.txt"), "folder": HERE + "/helper", "nothing": OPTIONAL},
        outputs={"output": ("output/data", "default")},
        dependencies={"helper": helper},
        configuration_command="export SET_BEFORE=yes && echo prepared",
        additional_arguments=[{"dest": "--width", "default": 32, "type": int, "help": "a number"}],
    ),
    "train": TrainingCommand(
        train,
        inputs={"text": os.path.join(HERE, "text.txt"), "parts": PathArgument(repeated=True)},
        metrics={"accuracy": "accuracy=([0-9.]+)"},
        env={"GIVEN": "through"},
        training_image="sluice/python:3",
        additional_arguments=[(["--rate"], {"default": 0.1, "type": float})],
    ),
}

if __name__ == "__main__":
    run_commands(COMMANDS)
