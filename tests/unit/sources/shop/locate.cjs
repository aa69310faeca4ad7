// Prints where V8 says that the functions of the shop begin, 0-based: node locate.cjs tsc/main.js
// The files are made, in this folder, by
//   esbuild src/main.ts --bundle --minify --platform=node --sourcemap --outfile=esbuild/main.js
//   esbuild src/main.ts --bundle --minify --platform=node --sourcemap=inline --sources-content=false \
//     --outfile=esbuild-inline/main.js
//   tsc && webpack
// and the truth by: for d in esbuild esbuild-inline webpack tsc; do node locate.cjs $d/main.js > $d/truth.json; done
const { Session } = require("node:inspector");
const path = require("node:path");
const session = new Session();
session.connect();
const files = {};
session.on("Debugger.scriptParsed", ({ params }) => (files[params.scriptId] = path.basename(params.url)));
const post = (method, params) => {
  let result;
  session.post(method, params, (error, answer) => (result = answer));
  return result;
};
post("Debugger.enable");
const app = require(path.resolve(process.argv[2]));
const { Ticket, Crate, routes, ...shop } = app.everything;
const ticket = Ticket.fromId(1);
globalThis.functions = {
  checkout: app.everything.checkout, chunk: shop.chunk, Ticket, Crate, PlainBox: Object.getPrototypeOf(Crate),
  describe: ticket.describe, fromId: Ticket.fromId, handler: ticket.handler,
  size: Object.getOwnPropertyDescriptor(Ticket.prototype, "size").get,
  leak: shop.leak, forget: shop.forget, single: shop.single, later: shop.later, "": shop.later(),
  everyTicket: shop.everyTicket, GET: routes.GET, POST: routes.POST, DELETE: routes.DELETE,
};
const truth = {};
for (const [name, { name: seen }] of Object.entries(functions)) {
  const { result } = post("Runtime.evaluate", { expression: `functions[${JSON.stringify(name)}]` });
  const { internalProperties } = post("Runtime.getProperties", { objectId: result.objectId });
  const { value } = internalProperties.find((each) => each.name === "[[FunctionLocation]]").value;
  truth[name] = { seen, file: files[value.scriptId], line: value.lineNumber, column: value.columnNumber };
}
console.log("{\n" + Object.entries(truth).map(([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(",\n") + "\n}");
