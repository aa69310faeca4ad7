'use strict';
// The TypeScript compiler in a long-lived process, as a language server or a watcher has it: a file
// changes and is checked and printed again in each iteration.
const path = require('node:path');
const ts = require('typescript');
const { record } = require('./history');

const FILE = '/main.ts';
const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, strict: true, noLib: true, types: [] };
const globals = ['Array<T>', 'Boolean', 'CallableFunction', 'Function', 'IArguments', 'NewableFunction', 'Number', 'Object', 'RegExp', 'String']
  .map((name) => `interface ${name} { length: number }`).join('\n');
const lib = ts.createSourceFile('/globals.d.ts', globals, options.target);
const names = ['/globals.d.ts', FILE];

let program; // the one before, whose files are taken over where they have not changed
let n = 0;

function compile(text, version) {
  const main = ts.createSourceFile(FILE, text, options.target, true);
  const output = [];
  const host = {
    getSourceFile: (name) => (name === FILE ? main : name === lib.fileName ? lib : undefined),
    getDefaultLibFileName: () => lib.fileName,
    writeFile: (name, content) => output.push(content),
    getCurrentDirectory: () => path.posix.sep,
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => names.includes(name),
    readFile: () => undefined,
  };
  program = ts.createProgram(names, options, host, program);
  const problems = ts.getPreEmitDiagnostics(program, main);
  program.emit(main);
  record(version, problems.length);
  return { problems, output };
}

function iteration() {
  const id = n++ % 100;
  const text = `
    interface Point { x: number; y: number }
    class Shape${id % 10} {
      constructor(private points: Point[], readonly name: string) {}
      get size(): number { return this.points.length * ${id}; }
      move(by: Point): Point { const { x, y } = by; return { x: x + ${id}, y: y - 1 }; }
    }
    export const shape = new Shape${id % 10}([{ x: 1, y: 2 }], 'shape');
    export const moved: Point = shape.move({ x: shape.size, y: 0 });
    export const wrong: string = ${id % 5 === 0 ? 'moved.x' : 'shape.name'};
  `;
  const { problems, output } = compile(text, id);
  if (problems.length !== (id % 5 === 0 ? 1 : 0) || !output[0].includes(`class Shape${id % 10}`)) {
    throw new Error('compiled wrongly: ' + problems.map((one) => ts.flattenDiagnosticMessageText(one.messageText, ' ')).join('; '));
  }
}

module.exports = { iteration };
