export interface Order { id: number; customer: string; items: { sku: string; quantity: number }[] }

export async function findOrder(id: number): Promise<Order | undefined> {
  await null;
  if (!(id >= 0 && id < 100)) return undefined;
  return { id, customer: `customer ${id % 7}`, items: Array.from({ length: 4 }, (_, n) => ({ sku: `sku-${n}`, quantity: n + 1 })) };
}
