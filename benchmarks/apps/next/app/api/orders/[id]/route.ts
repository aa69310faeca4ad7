import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { NextResponse, type NextRequest } from 'next/server';
import { findOrder, type Order } from '@/lib/orders';

export const dynamic = 'force-dynamic';

// The trail of each order that is looked at, let go of unless VARIANT says otherwise.
const variant = process.env.VARIANT ?? 'healthy';
const trails = new Map<number, OrderTrail>();
const cleanups: Array<() => number> = [];
const shipments = new EventEmitter().setMaxListeners(0);
const references: string[] = [];
let number = 0;

class OrderTrail {
  readonly number = ++number;
  readonly seen = Date.now();
  constructor(readonly order: number, readonly customer: string) {}
}

function leak(order: Order): OrderTrail {
  const trail = new OrderTrail(order.id, order.customer);
  const at = trail.number;
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) trails.set(at, trail);
  if (variant === 'closure') cleanups.push(function forgetOrder() { return at; });
  if (variant === 'listener') shipments.on('shipped', function onShipped(id: number) { return id === at; });
  if (variant === 'string') references.push(['order', order.id, order.customer, randomUUID()].join('/'));
  return trail;
}

export async function GET(request: NextRequest, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const order = await findOrder(Number(id));
  if (!order) return NextResponse.json({ message: 'no such order' }, { status: 404 });
  const { seen } = leak(order);
  return NextResponse.json({ order, seen, full: request.nextUrl.searchParams.get('full') === '1' });
}
