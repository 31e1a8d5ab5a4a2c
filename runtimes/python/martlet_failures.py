"""How a failure is reported: the error document for the invoker and the lines for the log."""

import os
import traceback

import martlet_runtime


def describe(error, request_id):
    """The error document; its members are in AWS's order."""
    if isinstance(error, martlet_runtime.Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, frames_of_the_function(error.__traceback__)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def frames_of_the_function(trace):
    """The formatted frames, without those of the runtime that called the handler."""
    while trace is not None and trace.tb_frame.f_code.co_filename == martlet_runtime.__file__:
        trace = trace.tb_next
    return traceback.format_list(traceback.extract_tb(trace))


def log(document):
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        from martlet_logging import timestamp

        record = {"timestamp": timestamp(), "log_level": "ERROR", **document}
        write_event(martlet_runtime.encode_json(record))
        return
    lines = [f"[ERROR] {document['errorType']}: {document['errorMessage']}", "Traceback (most recent call last):"]
    for frame in document["stackTrace"]:
        lines += frame.splitlines()
    write_event("\n".join(lines))


def write_event(text):
    """Writes one log event, which may have several lines.

    Martlet ends an event at a newline; a unit separator before the newline says that the event goes on.
    """
    martlet_runtime.flush_output()
    data = (text.rstrip("\n").replace("\n", "\x1f\n") + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data) :]
