/** What the shop keeps. */
export interface Order { id: number; lines: string[] }

export class Ticket {
  readonly lines: string[];
  constructor(public readonly order: Order) {
    this.lines = order.lines.slice();
  }
  describe(prefix: string): string {
    return prefix + this.lines.join(", ");
  }
  static fromId(id: number): Ticket {
    return new Ticket({ id, lines: ["one", "two"] });
  }
  get size(): number {
    return this.lines.length;
  }
  handler = (event: string) => this.lines.push(event);
}

class PlainBox {
  content = [1, 2, 3];
}

export class Crate extends PlainBox {
  label = "crate";
}

const kept: Ticket[] = [];

export function leak(order: Order): number {
  const remember = (ticket: Ticket) => {
    kept.push(ticket);
    return kept.length;
  };
  return remember(new Ticket(order));
}

export const forget = (count: number): void => {
  kept.splice(0, count);
};

export const single = async (order: Order) => leak(order);

export const later = function (order: Order) {
  return () => leak(order);
};

export async function* everyTicket(): AsyncGenerator<Ticket> {
  for (const ticket of kept) yield ticket;
}

export const routes = {
  async GET(order: Order) {
    return leak(order);
  },
  POST: (order: Order) => leak(order),
  DELETE: function (count: number) {
    forget(count);
  },
};
