// Totals of orders, with Powertools from a layer and rates from an extension.

const { Logger } = require("@aws-lambda-powertools/logger");
const { Metrics, MetricUnit } = require("@aws-lambda-powertools/metrics");
const { Tracer } = require("@aws-lambda-powertools/tracer");

const logger = new Logger();
const metrics = new Metrics();
const tracer = new Tracer();

exports.handler = async (event, context) => {
  logger.addContext(context);
  metrics.captureColdStartMetric();
  const answer = await fetch(`http://127.0.0.1:2773/rates/${event.currency}`);
  if (!answer.ok) {
    logger.error("no rate", { currency: event.currency });
    throw new RangeError(`no rate for ${event.currency}`);
  }
  const { rate } = await answer.json();
  const total = event.prices.reduce((sum, price) => sum + price, 0) * rate;
  logger.info("order", { currency: event.currency, total });
  metrics.addMetric("Total", MetricUnit.Count, total);
  metrics.publishStoredMetrics();
  return { total, trace: tracer.getRootXrayTraceId() };
};
