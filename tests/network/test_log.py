"""What a process prints and logs, captured."""

from __future__ import annotations

import subprocess
import sys

from ltk8s.network.log import LIMIT, CapturedLog


def test_secrets_are_taken_out_by_the_name_of_their_variable():
    log = CapturedLog({"AWS_SECRET_ACCESS_KEY": "abcdefgh", "HOME": "/home/me"})
    log.write("key abcdefgh in /home/me")
    assert log() == b"key *** in /home/me"


def test_users_in_urls_are_taken_out():
    assert CapturedLog({}).redacted("at https://me:secret@host:9000/x") == "at https://***@host:9000/x"


def test_a_short_value_is_no_secret():
    assert CapturedLog({"TOKEN": "a"}).redacted("a task") == "a task"


def test_of_a_long_log_the_beginning_and_the_end_are_kept():
    log = CapturedLog({})
    log.write("first\n")
    for _ in range(60):
        log.write("x" * 99_999 + "\n")
    log.write("last\n")
    assert log().startswith(b"first\n")
    assert log().endswith(b"last\n")
    assert len(log()) <= LIMIT


def test_print_errors_warnings_and_logging_are_captured_and_passed_on():
    program = """
import logging, sys, warnings
from ltk8s.network.log import CapturedLog
log = CapturedLog({"MY_TOKEN": "very-secret"})
log.install()
print("printed very-secret")
print("to stderr", file=sys.stderr)
logging.getLogger("any").info("logged")
warnings.warn("warned")
sys.__stdout__.write("captured: " + repr(log().decode()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    passed_on, captured = done.stdout.split("captured: ")
    assert passed_on == "printed ***\n"
    assert all(word in captured for word in ("printed ***", "to stderr", "INFO logged", "UserWarning: warned"))
    assert "very-secret" not in done.stdout + done.stderr
