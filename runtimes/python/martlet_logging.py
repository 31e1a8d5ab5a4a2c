"""The root logger's handler: log records in Lambda's text or JSON form."""

import os
import time

import martlet_runtime
from martlet_failures import frames_of_the_function, write_event


def timestamp(seconds=None):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def install(logging):
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"

    class LambdaHandler(logging.Handler):
        def emit(self, record):
            try:
                write_event(self.format(record))
            except Exception:
                self.handleError(record)

    class TextFormatter(logging.Formatter):
        converter = time.gmtime

        def __init__(self):
            super().__init__(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
            )

    class JsonFormatter(logging.Formatter):
        standard = frozenset(vars(logging.makeLogRecord({}))) | {"aws_request_id", "message", "asctime"}

        def format(self, record):
            fields = {
                "timestamp": timestamp(record.created),
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
            }
            if record.exc_info and record.exc_info[0]:
                fields["errorType"] = record.exc_info[0].__name__
                fields["errorMessage"] = str(record.exc_info[1])
                fields["stackTrace"] = frames_of_the_function(record.exc_info[2])
                fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
            fields["requestId"] = record.aws_request_id
            if martlet_runtime.tenant_id:
                fields["tenantId"] = martlet_runtime.tenant_id
            fields.update({name: value for name, value in vars(record).items() if name not in self.standard})
            try:
                return martlet_runtime.encode_json(fields)
            except Exception:  # an extra field that JSON cannot hold
                return martlet_runtime.encode_json({name: str(value) for name, value in fields.items()})

    def add_request_id(record):
        record.aws_request_id = martlet_runtime.request_id
        return True

    handler = LambdaHandler()
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    handler.addFilter(add_request_id)
    logging.root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG").replace("FATAL", "CRITICAL")
    if as_json and isinstance(logging.getLevelName(level), int):
        logging.root.setLevel(level)
