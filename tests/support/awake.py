"""Commands that make themselves idle, as everything does that runs beside a recording, on a machine that is never idle because
other tests run: with SCHED_IDLE they would get three thousandths of a core. What they do is the same."""
import os
import subprocess
import time


def wake(pid):
    """The ordinary class for all of its threads (sched(7): leaving SCHED_IDLE needs no privilege where the nice value may stay)."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            if os.sched_getscheduler(int(thread)) == os.SCHED_IDLE:
                os.sched_setscheduler(int(thread), os.SCHED_OTHER, os.sched_param(0))
    except (OSError, ValueError):
        pass  # it has ended


def run_awake(*words, patience=300):
    """Its standard error; a status other than 0 is an error."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace") as process:
        end = time.monotonic() + patience  # a guard against hanging
        while True:
            wake(process.pid)
            try:
                _, said = process.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    process.kill()
                    raise
    assert process.returncode == 0, (words, process.returncode, said)
    return said
