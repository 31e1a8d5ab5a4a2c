"""Makes an invoice of each order in its batch.

An order that cannot be billed is reported alone (ReportBatchItemFailures), so that the others of the batch are not billed
twice; after three attempts its queue moves it to the dead-letter queue.
"""

import json
import os

import boto3

INVOICES = os.environ["INVOICES_QUEUE"]
sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            invoice = invoice_of(json.loads(record["body"]))
            sqs.send_message(QueueUrl=INVOICES, MessageBody=json.dumps(invoice))
        except (TypeError, ValueError, KeyError) as error:
            print(f"cannot bill {record['body']}: {error!r}")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def invoice_of(order):
    return {"order": order["id"], "total": round(int(order["quantity"]) * float(order["price"]), 2)}
