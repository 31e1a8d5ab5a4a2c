// A shop: an Express application as it would run on a server, wrapped to be a function.

import serverlessExpress from "@codegenie/serverless-express";
import express from "express";

const PRICES = new Map(Object.entries({ tea: 350, pot: 2000, cup: 725 }));

const shop = express();
shop.use(express.json());

shop.get("/items/:name", (request, response) => {
  const price = PRICES.get(request.params.name);
  if (price === undefined) return response.status(404).json({ missing: request.params.name });
  const count = Number(request.query.count ?? 1);
  response.set("X-Asked-By", request.get("User-Agent")).json({ price, count, total: price * count });
});

shop.post("/orders", (request, response) => {
  const lines = request.body.lines.map(([name, count]) => ({ name, count, total: PRICES.get(name) * count }));
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  response.status(201).location(`/orders/${total}`).cookie("order", String(total)).cookie("seen", "1").json({ lines, total });
});

shop.post("/echo", express.raw({ type: "application/octet-stream" }), (request, response) => {
  response.type("application/octet-stream").send(Buffer.from(request.body).reverse());
});

shop.get("/old", (request, response) => response.redirect(301, "/items/tea"));

shop.get("/cookies", (request, response) => response.json(request.get("Cookie") ?? null));

shop.get("/broken", () => {
  throw new Error("out of tea");
});

shop.use((error, request, response, next) => response.status(error.status ?? 500).json({ error: error.message }));

export const handler = serverlessExpress({ app: shop, binarySettings: { contentTypes: ["application/octet-stream"] } });
