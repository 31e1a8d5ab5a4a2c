# The AWS provider as people point it at a server of their own.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {
    cloudwatchlogs = var.endpoint
    iam            = var.endpoint
    lambda         = var.endpoint
    sts            = var.endpoint
  }

  default_tags {
    tags = { stack = "orders" }
  }
}
