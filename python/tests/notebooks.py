"""Executes a notebook in a kernel of its own, and prints what its cells have answered: python notebooks.py FILE"""

import json
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

file = Path(sys.argv[1])
notebook = nbformat.read(file, as_version=4)
NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(file.parent)}}).execute()
print(json.dumps([cell.get("outputs", []) for cell in notebook.cells if cell.cell_type == "code"]))
