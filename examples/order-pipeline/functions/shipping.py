"""Packs what has to be sent. Its subscription's filter policy lets only orders of the kind "parcel" through."""

import json
import os

import boto3

PARCELS = os.environ["PARCELS_QUEUE"]
sqs = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def handler(event, context):
    for record in event["Records"]:
        order = json.loads(record["body"])
        sqs.send_message(QueueUrl=PARCELS, MessageBody=json.dumps({"order": order["id"], "item": order["item"]}))
