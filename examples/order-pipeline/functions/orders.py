"""Takes an order over HTTP and tells everybody who has to do with it.

Behind a function URL: POST {"id": "...", "item": "...", "quantity": 2, "price": 9.5, "kind": "parcel" or "download"}.
"""

import base64
import json
import os

import boto3

TOPIC = os.environ["ORDERS_TOPIC"]
sns = boto3.client("sns", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def handler(event, context):
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body)
    try:
        order = json.loads(body)
        attributes = {"kind": {"DataType": "String", "StringValue": order["kind"]}}
        order["id"], order["item"]
    except (ValueError, KeyError, TypeError) as error:
        return {"statusCode": 400, "body": json.dumps({"error": f"this is not an order: {error!r}"})}
    published = sns.publish(TopicArn=TOPIC, Message=json.dumps(order), MessageAttributes=attributes)
    return {"statusCode": 202, "body": json.dumps({"order": order["id"], "message": published["MessageId"]})}
