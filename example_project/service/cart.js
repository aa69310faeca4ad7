'use strict';
// A shop's cart. checkout() cleans up after itself; forgetfulCheckout() keeps each receipt.

class Receipt {
  constructor(number, items) {
    this.number = number;
    this.items = items;
  }
}

const receipts = new Map();
let numbers = 0;

function total(items) {
  return items.reduce((sum, item) => sum + item.price * item.count, 0);
}

function checkout() {
  const receipt = new Receipt(++numbers, [{ name: 'tea', price: 4, count: 2 }]);
  receipts.set(receipt.number, receipt);
  const sum = total(receipt.items);
  receipts.delete(receipt.number);
  return sum;
}

function forgetfulCheckout() {
  const receipt = new Receipt(++numbers, [{ name: 'tea', price: 4, count: 2 }]);
  receipts.set(receipt.number, receipt);
  return total(receipt.items);
}

module.exports = { checkout, forgetfulCheckout };
