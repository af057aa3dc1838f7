"""What `sluice` and `flytekit` are inside a job: decorators that change nothing, and nothing else that does anything."""

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any, List, Optional

from . import channels, places

NAMES = ("sluice", "cdao_sdk", "cdao_sdk.decorators")
# Packages of which any module may be imported.
FLYTE = ("flytekit", "flytekitplugins")


class Stop(BaseException):
    """A run was begun while a job loads the module of its function: what is defined above is there."""

    def __init__(self) -> None:
        BaseException.__init__(self, "sluice.run() is called when the module is loaded")
        self.frames: List[Any] = []
        frame: Any = sys._getframe(1)
        while frame is not None:
            self.frames.append(frame.f_globals)
            frame = frame.f_back

    def module(self, name: str) -> Any:
        """The module as far as it was loaded."""
        module = types.ModuleType(name)
        for names in self.frames:
            if names.get("__name__") == name:
                module.__dict__.update(names)
        return module


class Quiet:
    """Stands for a decorator, or for anything else that only matters where workflows are built."""

    def __call__(self, *arguments: Any, **_: Any) -> Any:
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def stop(*_: Any, **__: Any) -> None:
    """Stands for what begins or follows a run."""
    raise Stop()


class StandIn(types.ModuleType):
    """A module that has whatever it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("run", "run_async", "monitor", "monitor_sagemaker_jobs"):
            return stop
        if name in FLYTE_PLACES:
            return FLYTE_PLACES[name]
        return Quiet()


class Formatted(type):
    """The type of places whose format is said in brackets, `FlyteFile["csv"]`: 3.6 asks the type's type."""

    def __getitem__(cls, _: Any) -> Any:
        return cls


class FlyteFile(places.File, metaclass=Formatted):
    """A file as Flyte's authors use it: in a job it is there already."""

    def download(self) -> str:
        return self.path

    def open(self, mode: str = "r", **_: Any) -> Any:
        return open(self.path, mode)


class FlyteDirectory(places.Directory, metaclass=Formatted):
    """A directory as Flyte's authors use it."""

    def download(self) -> str:
        return self.path


FLYTE_PLACES = {"FlyteFile": FlyteFile, "FlyteDirectory": FlyteDirectory}


class FlyteFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds any module of flytekit: images of frameworks have none, and in a job it has nothing to do."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        if fullname.split(".", maxsplit=1)[0] not in FLYTE and fullname != "sluice.flyte":
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: Any) -> Any:
        return StandIn(spec.name)

    def exec_module(self, module: Any) -> None:
        pass


def install(package: Optional[Any] = None) -> None:
    """Makes the modules that authors import what they are in a job."""
    if not any(isinstance(finder, FlyteFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, FlyteFinder())
    for name in NAMES:
        if name == "sluice":
            module = package or sys.modules.get("sluice")
            if module is None:
                continue
            module.__class__ = StandIn
        else:
            module = StandIn(name)
            setattr(module, "__path__", [])  # noqa: B010
            sys.modules[name] = module
        for source in (channels, places):
            for each in ("channel", "files", "parameters", "read_csv", "File", "Directory"):
                if hasattr(source, each):
                    setattr(module, each, getattr(source, each))
