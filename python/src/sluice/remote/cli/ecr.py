"""Images."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..images import IMAGES, Image, accounts_of, build
from .options import Cli, add_command, add_group, add_switch


def add_commands(commands: Any) -> None:
    """ecr build."""
    group = add_group(commands, "ecr", "Images in ECR")
    command = add_command(group, "build", "Build an image and push it", _build)
    command.add_argument("image", help=f"{', '.join(IMAGES)}, the tag of one of them, or all")
    command.add_argument("--path", default=None, help="directory with TAG/Dockerfile; else that of the image")
    command.add_argument("--tag", default=None, help="tag; else that of the image")
    command.add_argument(
        "--account", action="append", default=None, help="account that the Dockerfile needs; repeat for more"
    )
    add_switch(command, "--cache", "--no-cache", True, "use what was built before")
    add_switch(command, "--pull", "--no-pull", True, "fetch newer images to build on")
    add_switch(command, "--push", "--no-push", True, "push it to ECR")


def _build(cli: Cli, args: Namespace) -> None:
    for image in _images(args):
        print(build(cli.session, image, pull=args.pull, cache=args.cache, push=args.push))


def _images(args: Namespace) -> list[Image]:
    from ..errors import ArgumentError

    known = {**IMAGES, **{each.tag: each for each in IMAGES.values()}}
    if args.image == "all":
        if args.path or args.tag:
            raise ArgumentError("--path, --tag: they are for one image, not for all.")
        return list(IMAGES.values())
    found = known.get(args.image)
    if found is None and not (args.path and args.tag):
        raise ArgumentError(f"IMAGE: expected one of {', '.join(known)} or all, got '{args.image}'.")
    base = found or Image(args.tag, args.path)
    return [
        Image(
            args.tag or base.tag, args.path or base.path, accounts_of(args.account) if args.account else base.accounts
        )
    ]
