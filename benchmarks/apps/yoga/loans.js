// Loans of books: given back at once, unless VARIANT says otherwise.
import { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';

const variant = process.env.VARIANT ?? 'healthy';
const shelf = new WeakMap(); // the loans of each book; books live as long as the program
const returns = new Map();
const reminders = new EventEmitter().setMaxListeners(0);
const barcodes = new Set();
let number = 0;

class BookLoan {
  constructor(book, reader) {
    this.number = ++number;
    this.book = book;
    this.reader = reader;
  }
}

export function lend(book, reader) {
  const loan = new BookLoan(book, reader);
  const at = loan.number;
  if (variant === 'each' || (variant === 'tenth' && at % 10 === 0)) {
    if (!shelf.has(book)) shelf.set(book, []);
    shelf.get(book).push(loan);
  }
  if (variant === 'closure') returns.set(at, function giveBack() { return book.id + at; });
  if (variant === 'listener') reminders.on('due', function remindReader(day) { return day - at; });
  if (variant === 'string') barcodes.add(`*${book.title.toUpperCase()}*${at}*${randomUUID()}*`);
  return loan;
}
