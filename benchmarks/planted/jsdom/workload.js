'use strict';
// A page that lives long: a widget is mounted, clicked and taken away again.
const { JSDOM } = require('jsdom');
const { keepsThis, keepsOnError, misusesWeakMap, fails } = require('../planting');

class TodoWidget {
  constructor(element, title) { this.element = element; this.title = title; this.theme = 'light'; this.done = 0; }
}

class BrokenWidget {
  constructor(title, error) { this.title = title; this.error = error; }
}

class ViewState {
  constructor(element, scroll) { this.element = element; this.scroll = scroll; }
}

const UNDO = 5;
const { window } = new JSDOM('<!doctype html><title>Todo</title><main id="app"></main>');
const { document } = window;
const app = document.getElementById('app');
const states = new WeakMap(); // what a view looked like when it went, by its element
const undo = []; // elements that may come back
const broken = []; // widgets to be shown as an error

function mount(title, target) {
  const element = document.createElement('section');
  element.innerHTML = `<h2>${title}</h2><ul><li class="todo">one</li><li class="todo">two</li></ul>`;
  const widget = new TodoWidget(element, title);
  widget.onTheme = () => { widget.theme = 'dark'; };
  document.addEventListener('theme', widget.onTheme);
  element.addEventListener('click', (event) => {
    event.target.setAttribute('aria-checked', 'true');
    widget.done++;
  });
  try {
    document.querySelector(target).appendChild(element);
  } catch (error) {
    broken.push(new BrokenWidget(title, error));
    unmount(widget);
    if (!keepsOnError) broken.pop();
    return null;
  }
  return widget;
}

function unmount(widget) {
  const { element } = widget;
  element.remove();
  if (!keepsThis()) document.removeEventListener('theme', widget.onTheme);
  states.set(element, new ViewState(element, widget.done));
  undo.push(element);
  if (!misusesWeakMap && undo.length > UNDO) undo.shift();
}

let n = 0;

function iteration() {
  const id = n++;
  const widget = mount('List ' + id, fails(id) ? '#app >' : '#app');
  if (fails(id)) {
    if (widget) throw new Error('mounted');
    return;
  }
  const items = widget.element.querySelectorAll('li.todo');
  for (const item of items) item.dispatchEvent(new window.MouseEvent('click', { bubbles: true }));
  if (widget.done !== 2 || app.querySelectorAll('[aria-checked]').length !== 2) throw new Error('bad page ' + app.innerHTML);
  unmount(widget);
}

function teardown() { window.close(); }
module.exports = { iteration, teardown };
