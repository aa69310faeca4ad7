// Visits of the museum's rooms, forgotten when the page is there, unless VARIANT says otherwise.
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

const variant = process.env.VARIANT ?? 'healthy';
const byRoom = new Map<number, MuseumVisit[]>();
const exits = new Map<number, () => number>();
const alarms = new EventEmitter().setMaxListeners(0);
const tickets: Record<string, number> = {};
let number = 0;

class MuseumVisit {
  readonly number = ++number;
  constructor(readonly room: number, readonly method: string) {}
}

export function enter(room: number, method: string): MuseumVisit {
  const visit = new MuseumVisit(room, method);
  const at = visit.number;
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) {
    if (!byRoom.has(room)) byRoom.set(room, []);
    byRoom.get(room)!.push(visit);
  }
  if (variant === 'closure') exits.set(at, function leaveRoom() { return at; });
  if (variant === 'listener') alarms.on('alarm', function evacuate(floor: number) { return floor + at; });
  if (variant === 'string') tickets[`ticket for room ${room} ${randomUUID()}`] = at;
  return visit;
}
