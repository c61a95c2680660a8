"""The programs that a measurement of scripts/bench starts, and ends with it."""

import re
import signal
import subprocess

running = []


def start(arguments, environment, announcement, folder):
    """Starts a program in a folder and answers it and the address that it says it listens on."""
    child = subprocess.Popen(arguments, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True)
    running.append(child)
    for line in child.stdout:
        if found := re.search(announcement + r" ?(http://[0-9.:]+[0-9])", line):
            return child, found.group(1)
    raise SystemExit(f"{arguments[0]} did not start")


def stop(child):
    """Ends a program as an operator does, and waits for its end."""
    child.send_signal(signal.SIGTERM)
    child.wait()


def end_all():
    """Ends whatever still runs."""
    for child in running:
        child.kill()
        child.wait()
