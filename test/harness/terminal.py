"""Runs a program on a pseudo-terminal, copies what it prints, and types what comes to its stdin, and Ctrl-C at SIGUSR1."""

import os
import pty
import select
import signal
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGUSR1, lambda *_: os.write(terminal, b"\x03"))
keyboard = [0]
while True:
    ready = select.select([terminal, *keyboard], [], [])[0]
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed:
            os.write(terminal, typed)
        else:
            keyboard = []
    if terminal not in ready:
        continue
    try:
        output = os.read(terminal, 65536)
    except OSError:
        break
    if not output:
        break
    os.write(1, output)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
