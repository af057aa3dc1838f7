"""Goes into a bundle as `sluice_runner.py`: the script of a job that is a function."""

from sluice.job.runner import main

main()
