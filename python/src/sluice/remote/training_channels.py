"""The channels of a training job: from what the flags say to what the request says."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from . import s3
from .errors import ArgumentError
from .modes import api_mode
from .parsers import flag
from .paths import PathArgument, local_path
from .session import Session
from .training_args import TrainingConfig
from .values import resolve

SEED = 123


class TrainingChannel(NamedTuple):
    """One channel. `place` is a path here, or in S3."""

    place: str
    path: PathArgument

    @property
    def mode(self) -> str:
        """Its mode, by the runner's name."""
        return self.path.mode or "File"


def read_channels(args: Namespace, config: TrainingConfig, session: Session | None) -> dict[str, TrainingChannel]:
    """The channels that have a value. Raises ValueError for one that has none and is not optional."""
    channels: dict[str, TrainingChannel] = {}
    for key, path in config.inputs.items():
        given = getattr(args, key)
        if args_repeat(args, key) < 1:
            raise ArgumentError(f"{flag(key)}-repeat: expected 1 or more, got {args_repeat(args, key)}.")
        said = path.copy(
            mode=getattr(args, f"{key}_mode"), repeat=args_repeat(args, key), shuffle=getattr(args, f"{key}_shuffle")
        )
        several = (
            {f"{key}_{index}": each for index, each in enumerate(given)} if isinstance(given, list) else {key: given}
        )
        found = {name: resolve(value, session, flag(key)) for name, value in several.items()}
        kept = {name: TrainingChannel(str(value), said) for name, value in found.items() if value}
        if not kept and not path.optional:
            raise ArgumentError(f"{flag(key)}: input '{key}' has no value, and is not optional.")
        channels.update(kept)
    for name, channel in channels.items():
        if not s3.is_s3(channel.place) and not local_path(channel.place).exists():
            raise ArgumentError(f"{flag(name)}: {channel.place} does not exist.")
    return channels


def args_repeat(args: Namespace, key: str) -> int:
    """How many channels are made of an input."""
    return int(getattr(args, f"{key}_repeat"))


def send_channels(channels: dict[str, TrainingChannel], session: Session, prefix: str) -> dict[str, TrainingChannel]:
    """Uploads what is here; makes a channel of each manifest of a folder, and as many of one as it is repeated."""
    client = session.client("s3")
    made: dict[str, TrainingChannel] = {}
    for name, channel in channels.items():
        place = channel.place
        if not s3.is_s3(place):
            place = s3.upload(client, local_path(place), f"{prefix}/{name}")
        for each, found in _folder(name, channel._replace(place=place), client).items():
            repeat = found.path.repeat
            names = [each] if repeat == 1 else [f"{each}_repeat_{index}" for index in range(repeat)]
            made.update(dict.fromkeys(names, found))
    return made


def _folder(name: str, channel: TrainingChannel, client: Any) -> dict[str, TrainingChannel]:
    if "Folder" not in channel.mode:
        return {name: channel}
    bucket, _ = s3.parse_uri(channel.place)
    path = channel.path.copy(mode=channel.mode.replace("Folder", "File"))
    made: dict[str, TrainingChannel] = {}
    for key in s3.list_keys(client, channel.place.rstrip("/") + "/"):
        each = f"{name}_{PurePosixPath(key).stem.replace('-', '_')}"
        if each in made:
            raise ArgumentError(
                f"{flag(name)}: two manifests of {channel.place} have the name '{PurePosixPath(key).stem}'."
            )
        made[each] = TrainingChannel(f"s3://{bucket}/{key}", path)
    if not made:
        raise ArgumentError(f"{flag(name)}: there are no manifests at {channel.place}.")
    return made


def input_data_config(channels: dict[str, TrainingChannel], args: Namespace) -> list[dict[str, Any]]:
    """The channels as the request has them."""
    return [_channel(name, channel, index, args) for index, (name, channel) in enumerate(channels.items())]


def _channel(name: str, channel: TrainingChannel, index: int, args: Namespace) -> dict[str, Any]:
    input_mode, data_type, wrapper = api_mode(channel.mode)
    names = attribute_names(channel, args)
    source: dict[str, Any] = {
        "S3DataType": data_type,
        "S3Uri": channel.place,
        "S3DataDistributionType": "FullyReplicated",
    }
    if names:
        source["AttributeNames"] = names
    made: dict[str, Any] = {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": input_mode}
    if wrapper:
        made["RecordWrapperType"] = wrapper
    if channel.path.shuffle:
        made["ShuffleConfig"] = {"Seed": SEED + index}
    return made


def attribute_names(channel: TrainingChannel, args: Namespace) -> list[str]:
    """The AttributeNames of a channel: a list, or what a function makes of the arguments."""
    given: Any = channel.path.attributes
    found: Any = given(args) if callable(given) else given
    return [str(name) for name in found or []]


def suffixes(channels: dict[str, TrainingChannel], session: Session) -> dict[str, str]:
    """Of channels that are one object, its name: by that a script finds the file."""
    client = session.client("s3")
    return {
        f"{name}_suffix": os.path.basename(channel.place)
        for name, channel in channels.items()
        if channel.mode == "File" and s3.has_object(client, channel.place)
    }
