// A room is held while it is booked, and let go of then, unless VARIANT says otherwise.
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

const variant = process.env.VARIANT ?? 'healthy';
const held = new Map<string, RoomHold>();
const releases: { release: () => number }[] = [];
const keys: string[] = [];
let number = 0;

class RoomHold extends EventEmitter {
  readonly number = ++number;
  constructor(readonly room: number, readonly user: string, readonly minutes: number) { super(); }
}

const building = new EventEmitter();
building.setMaxListeners(0);

export function hold(room: number, user: string, minutes: number): RoomHold {
  const one = new RoomHold(room, user, minutes);
  const at = one.number;
  const id = `${room}-${at}`;
  held.set(id, one);
  const kept = variant === 'each' || (variant === 'tenth' && at % 10 === 0);
  if (!kept) held.delete(id);
  if (variant === 'closure') releases.push({ release: function releaseRoom() { return at; } });
  if (variant === 'listener') building.on('closes', function onClosing(hour: number) { return hour * at; });
  if (variant === 'string') keys.push(['room', room, user, randomUUID(), at].join(':'));
  return one;
}
