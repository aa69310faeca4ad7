// Orders over HTTP, with Express and TypeScript; Node 22.18 and later run it as it is.
import express from 'express';

class Order {
  readonly id: number;
  readonly item: string;

  constructor(id: number, item: string) {
    this.id = id;
    this.item = item;
  }
}

const open = new Map<number, Order>();
let orders = 0;

export const app = express();

app.post('/orders/:item', (request, response) => {
  const order = new Order(++orders, request.params.item);
  open.set(order.id, order);
  response.json(order);
});

app.delete('/orders/:id', (request, response) => {
  open.delete(Number(request.params.id));
  response.end();
});
