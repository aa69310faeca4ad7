// What is known of each page while it is rendered, let go of unless VARIANT says otherwise.
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

const variant = process.env.VARIANT ?? 'healthy';
const scopes = new Set<RenderScope>();
const disposals = new Map<number, () => string>();
const themes = new EventEmitter().setMaxListeners(0);
const keys = new Map<string, number>();
let number = 0;

class RenderScope {
  size = 0;
  readonly number = ++number;
  constructor(readonly url: string) {}
}

export function startRender(url: string): RenderScope {
  const scope = new RenderScope(url);
  const at = scope.number;
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) scopes.add(scope);
  if (variant === 'closure') disposals.set(at, function disposeScope() { return `${url} ${at}`; });
  if (variant === 'listener') themes.on('theme', function onTheme(name: string) { return name + at; });
  if (variant === 'string') keys.set(`page:${url}:${randomUUID()}`, at);
  return scope;
}
