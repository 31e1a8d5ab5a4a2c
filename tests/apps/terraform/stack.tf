# A function with everything around it that a team would put there.

variable "package" {
  type = string
}

variable "layer_package" {
  type = string
}

variable "memory" {
  type    = number
  default = 128
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "orders" {
  name               = "orders"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy_attachment" "basic" {
  role       = aws_iam_role.orders.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "invoke" {
  name = "invoke"
  role = aws_iam_role.orders.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = "*" }]
  })
}

resource "aws_cloudwatch_log_group" "orders" {
  name              = "/aws/lambda/orders"
  retention_in_days = 7
}

resource "aws_lambda_layer_version" "prices" {
  layer_name               = "prices"
  description              = "What things cost"
  filename                 = var.layer_package
  source_code_hash         = filebase64sha256(var.layer_package)
  compatible_runtimes      = ["python3.11"]
  compatible_architectures = ["x86_64"]
  license_info             = "MIT"
}

resource "aws_lambda_layer_version_permission" "prices" {
  layer_name     = aws_lambda_layer_version.prices.layer_arn
  version_number = aws_lambda_layer_version.prices.version
  statement_id   = "partner"
  action         = "lambda:GetLayerVersion"
  principal      = "111111111111"
}

resource "aws_lambda_function" "orders" {
  function_name    = "orders"
  description      = "Totals of orders"
  role             = aws_iam_role.orders.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  layers           = [aws_lambda_layer_version.prices.arn]
  memory_size      = var.memory
  timeout          = 20
  publish          = true

  reserved_concurrent_executions = 20

  environment {
    variables = { CURRENCY = "EUR" }
  }

  ephemeral_storage {
    size = 1024
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.orders.name
  }

  tags = { team = "shop" }

  depends_on = [aws_iam_role_policy_attachment.basic]
}

resource "aws_lambda_function" "audit" {
  function_name = "audit"
  role          = aws_iam_role.orders.arn
  runtime       = "python3.11"
  handler       = "app.handler"
  filename      = var.package
  architectures = ["x86_64"]
}

# The first version keeps most of the traffic; once there is a second one it gets the rest.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What customers reach"
  function_name    = aws_lambda_function.orders.function_name
  function_version = "1"

  dynamic "routing_config" {
    for_each = aws_lambda_function.orders.version == "1" ? [] : [aws_lambda_function.orders.version]
    content {
      additional_version_weights = { (routing_config.value) = 0.25 }
    }
  }
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.orders.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::orders"
  source_account = data.aws_caller_identity.me.account_id
}

resource "aws_lambda_permission" "url" {
  statement_id           = "url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.orders.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_function_url" "orders" {
  function_name      = aws_lambda_function.orders.function_name
  authorization_type = "NONE"

  cors {
    allow_origins = ["https://shop.example"]
    allow_methods = ["GET", "POST"]
    max_age       = 300
  }
}

resource "aws_lambda_function_event_invoke_config" "orders" {
  function_name                = aws_lambda_function.orders.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 600

  destination_config {
    on_failure {
      destination = aws_lambda_function.audit.arn
    }
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.orders.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = 1
}

resource "aws_lambda_function_recursion_config" "audit" {
  function_name  = aws_lambda_function.audit.function_name
  recursive_loop = "Allow"
}

resource "aws_lambda_runtime_management_config" "audit" {
  function_name     = aws_lambda_function.audit.function_name
  update_runtime_on = "FunctionUpdate"
}

resource "aws_lambda_code_signing_config" "warn" {
  description = "Says what is not signed"
  allowed_publishers {
    signing_profile_version_arns = ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/shop/abcdefghij"]
  }
  policies {
    untrusted_artifact_on_deployment = "Warn"
  }
}

output "url" {
  value = aws_lambda_function_url.orders.function_url
}

output "alias_arn" {
  value = aws_lambda_alias.live.arn
}
