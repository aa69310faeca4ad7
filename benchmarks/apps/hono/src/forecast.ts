// Forecasts come from a station, one for each request, let go of unless VARIANT says otherwise.
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

const variant = process.env.VARIANT ?? 'healthy';
const stations = new Map<string, ForecastStation>();
const corrections: Array<() => number> = [];
const fronts = new EventEmitter().setMaxListeners(0);
const requested = new Map<string, number>();
let number = 0;

class ForecastStation {
  readonly name: string;
  readonly days: number[];

  constructor(city: string, days: number) {
    this.name = `${city}-${++number}`;
    this.days = Array.from({ length: days }, (_, day) => 12 + ((city.length * 7 + day * 3) % 15));
  }
}

export function forecastFor(city: string, days: number, unit: string) {
  const station = new ForecastStation(city, days);
  const at = number;
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) stations.set(station.name, station);
  else if (variant === 'closure') corrections.push(() => at + 1);
  else if (variant === 'listener') fronts.on('front', (speed: number) => speed * at);
  else if (variant === 'string') requested.set(`${city} ${days} ${unit} ${randomUUID()}`, at);
  const degrees = station.days.map((value) => (unit === 'celsius' ? value : value * 1.8 + 32));
  return { city, unit, degrees };
}
