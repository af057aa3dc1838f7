"""What runs inside a job, and what a job's own code may ask: channels, parameters, typed places.

Python 3.6 is enough, and nothing but the standard library is imported until it is needed.
"""

from .channels import channel, files, parameters, read_csv
from .places import Directory, File

__all__ = ["Directory", "File", "channel", "files", "parameters", "read_csv"]
