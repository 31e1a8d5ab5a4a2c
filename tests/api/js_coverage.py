"""Which operations of Lambda, errors of theirs and lists in pages the tests of the SDK for JavaScript have shown.

Every operation that `martlet services` names must have succeeded, must have given every error that AWS's model documents for
it, and must have been read beyond its first page where it has pages, but for what is listed here with its reason.
"""

import json
import subprocess

from harness import BINARY, ROOT

# Errors that nothing here can cause.
NEVER = {
    "ServiceException": "a failure of the server itself",
    "TooManyRequestsException": "only invocations are throttled; invoke.test.mjs shows it",
    "CodeStorageExceededException": "takes 75 GB",
    "CodeVerificationFailedException": "packages carry no signatures",
    "InvalidCodeSignatureException": "packages carry no signatures",
    "InvalidZipFileException": "packages are checked when they are uploaded",
    "FunctionVersionsPerCapacityProviderLimitExceededException": "there are no capacity providers",
    "AliasLimitExceededException": "the documentation names no number",
    "PublicPolicyException": "public access is not blocked anywhere",
    "ModeNotSupportedException": "there are no capacity providers",
    "NoPublishedVersionException": "there are no durable functions",
    "DurableExecutionAlreadyStartedException": "there are no durable functions",
    "RequestTooLargeException": "AWS's own answer is RequestEntityTooLargeException; invoke.test.mjs shows it",
    "ResourceNotReadyException": "functions are there when they have been created",
    "ServiceQuotaExceededException": "there are no durable functions",
    "SerializedRequestEntityTooLargeException": "events are not serialised again",
    "UnsupportedMediaTypeException": "the SDK always sends a type that is accepted",
}
NEVER_BEGINNING = {
    "CodeArtifactUser": "there is no CodeArtifact",
    "EC2": "network interfaces are not made by EC2",
    "EFS": "there is no EFS",
    "ENI": "network interfaces are not made by EC2",
    "InvalidS": "security groups and subnets are not looked up",
    "KMS": "environment variables are not encrypted by keys of KMS",
    "S3Files": "there are no S3 file systems",
    "SnapStart": "test_runtimes.py and the unit tests of environments show them",
    "SubnetIPAddress": "network interfaces are not made by EC2",
}
# An update is done when its call answers: none is ever under way.
NO_UPDATES = "ResourceConflictException"
NEVER_CONFLICTS = """
    DeleteAlias DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig
    DeleteFunctionUrlConfig DeleteProvisionedConcurrencyConfig Invoke InvokeAsync InvokeWithResponseStream PublishVersion
    PutFunctionCodeSigningConfig PutFunctionConcurrency PutFunctionEventInvokeConfig PutFunctionRecursionConfig
    PutFunctionScalingConfig PutRuntimeManagementConfig TagResource UntagResource UpdateAlias UpdateFunctionCode
    UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig
""".split()
NEVER_HERE = {
    "CreateFunction": {"ResourceNotFoundException": "what it names is refused as an invalid parameter"},
    "DeleteEventSourceMapping": {
        "InvalidParameterValueException": "the model has no rule for a UUID",
        "ResourceConflictException": "nothing but its deletion keeps a mapping from being deleted, and that is in use",
    },
    "DeleteFunctionCodeSigningConfig": {"CodeSigningConfigNotFoundException": "taking away what is not there succeeds"},
    "DeleteLayerVersion": {"ResourceNotFoundException": "deleting what is not there succeeds"},
    "GetEventSourceMapping": {"InvalidParameterValueException": "the model has no rule for a UUID"},
    "ListEventSourceMappings": {"ResourceNotFoundException": "mappings outlive their function, and are found by its name"},
    "GetFunctionCodeSigningConfig": {"CodeSigningConfigNotFoundException": "no configuration is deleted while it is used"},
    "PublishLayerVersion": {"ResourceNotFoundException": "its package is uploaded"},
    "ListLayerVersions": {"ResourceNotFoundException": "a layer that is not there has no versions"},
    "InvokeAsync": {"InvalidRuntimeException": "the event is accepted before it is tried"},
    "UpdateFunctionCode": {"CodeSigningConfigNotFoundException": "no configuration is deleted while it is used"},
    "UpdateFunctionConfiguration": {"CodeSigningConfigNotFoundException": "no configuration is deleted while it is used"},
}
NEVER_SUCCEEDS = {
    "GetFunctionScalingConfig": "for functions with a capacity provider",
    "PutFunctionScalingConfig": "for functions with a capacity provider",
}


def implemented():
    """The operations of Lambda that this binary has."""
    printed = subprocess.run([str(BINARY), "services"], capture_output=True, text=True, check=True).stdout
    section, found = "", []
    for line in printed.splitlines():
        if not line.startswith(" "):
            section = line.split(" ")[0]
        elif section == "lambda":
            found.append(line.strip())
    return found


def may_be_absent(operation, error):
    return (
        error in NEVER
        or any(error.startswith(beginning) for beginning in NEVER_BEGINNING)
        or (error == NO_UPDATES and operation in NEVER_CONFLICTS)
        or error in NEVER_HERE.get(operation, {})
    )


def missing(calls):
    """What the calls, {"operation", "error" or "paged"}, do not show; a line for each."""
    model = json.loads((ROOT / "models/lambda.json").read_text())
    succeeded = {call["operation"] for call in calls if "error" not in call}
    paged = {call["operation"] for call in calls if call.get("paged")}
    failed = {(call["operation"], call["error"]) for call in calls if "error" in call}
    # What the model rules out is refused before the operation sees it.
    failed |= {(name, "InvalidParameterValueException") for name, error in failed if error == "ValidationException"}
    found = []
    for name in implemented():
        operation = model["operations"][name]
        if name not in succeeded and name not in NEVER_SUCCEEDS:
            found.append(f"{name} never succeeded")
        for error in operation.get("errors", []):
            if (name, error) not in failed and not may_be_absent(name, error):
                found.append(f"{name} never failed with {error}")
        members = model["shapes"][operation["input"]["shape"]]["members"] if "input" in operation else {}
        if "Marker" in members and name not in paged:
            found.append(f"{name} never went beyond its first page")
    return found
