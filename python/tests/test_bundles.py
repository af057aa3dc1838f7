"""What goes into a bundle."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from sluice import SluiceError, configure
from sluice.bundles import Bundler, digest_of
from sluice.code import CodeFile, ScriptCode


def bundle_of(load, task: str = "@task\ndef f(x: int) -> int:\n    return x + 1\n"):
    module = load("from sluice import *\n" + task, "steps")
    return Bundler().bundle(module.f.code, "f")


def own(bundle) -> list[str]:
    return [file.path for file in bundle.files if not file.path.startswith(("sluice/", "sluice_runner"))]


def test_the_digest_is_that_of_the_documents_example():
    files = [CodeFile("lib-a.py", b"", False)]
    manifest = "644 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 lib-a.py\n"
    import hashlib

    assert digest_of(files) == "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


def test_a_function_brings_its_directory_without_what_is_ignored(load, tmp_path: Path):
    for name in ("util.py", "notes.txt", ".env", "secret.key", "data/big.bin", "keep/big.bin", ".venv/pyvenv.cfg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pyvenv.cfg").write_text("x")
    (tmp_path / "mine" / "lib.py").write_text("x")
    (tmp_path / ".gitignore").write_text("*.key\n*.bin\n")
    (tmp_path / "keep" / ".gitignore").write_text("!big.bin\n")
    (tmp_path / ".sluiceignore").write_text("notes.txt\n")
    found = own(bundle_of(load))
    assert found == [".gitignore", ".sluiceignore", "keep/.gitignore", "keep/big.bin", "steps.py", "util.py"]


def test_requirements_of_a_task_stand_in_place_of_the_directorys(load, tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("everything\n")
    bundle = bundle_of(load, "@task(requirements=['pandas>=2'])\ndef f(x: int) -> int:\n    return x + 1\n")
    files = {file.path: file for file in bundle.files}
    assert files["requirements.txt"].read() == b"pandas>=2\n"


def test_the_archive_is_the_same_for_the_same_files(load):
    bundle = bundle_of(load)
    assert bundle.pack() == bundle.pack()
    with tarfile.open(fileobj=io.BytesIO(bundle.pack())) as archive:
        assert archive.getnames() == [file.path for file in bundle.files]
        assert {each.mtime for each in archive.getmembers()} == {0}


def test_a_package_brings_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "pack_of_steps"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "inner" / "__init__.py").write_text("")
    (package / "inner" / "steps.py").write_text(
        "from sluice import task\n@task\ndef f(x: int) -> int:\n    return x + 1\n"
    )
    (tmp_path / "other.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    from pack_of_steps.inner import steps

    assert own(Bundler().bundle(steps.f.code, "f")) == [
        "pack_of_steps/__init__.py",
        "pack_of_steps/inner/__init__.py",
        "pack_of_steps/inner/steps.py",
    ]
    assert steps.f.graph_task()["environment"] == {"SLUICE_FUNCTION": "pack_of_steps.inner.steps:f"}


def test_code_that_is_too_large_is_refused_with_what_is_large(load, tmp_path: Path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w.dat").write_bytes(b"0" * 2_000_000)
    configure(max_bundle_mb=1)
    try:
        with pytest.raises(SluiceError, match=r"2 MB in .* files, most of it in weights \(1.9 MB\)"):
            bundle_of(load)
    finally:
        configure(max_bundle_mb=None)


def test_a_file_that_takes_the_place_of_the_runner_is_refused(load, tmp_path: Path):
    (tmp_path / "sluice.py").write_text("")
    with pytest.raises(SluiceError, match=r"its directory holds 'sluice\.py'"):
        bundle_of(load)


def test_a_script_is_sent_alone_or_with_its_directory(tmp_path: Path):
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / "lib.py").write_text("")
    (tmp_path / "requirements.txt").write_text("x\n")
    alone = ScriptCode(tmp_path, "train.py", None, "t")
    assert [file.path for file in Bundler().bundle(alone, "t").files] == ["requirements.txt", "train.py"]
    whole = ScriptCode(tmp_path.parent, "train.py", tmp_path.name, "t")
    assert [file.path for file in Bundler().bundle(whole, "t").files] == ["lib.py", "requirements.txt", "train.py"]
