'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const details = new WeakMap();
const byId = new Map();
class Account { constructor(id) { this.id = id; } }
class AccountDetails { constructor(account) { this.account = account; this.rights = ['read', 'write']; } }
let n = 0;
function iteration() {
  const account = new Account(n++);
  details.set(account, new AccountDetails(account));
  byId.set(account.id, account);
  if (details.get(account).account !== account) throw new Error('bad');
  if (!LEAKY) byId.delete(account.id);
}
module.exports = { iteration };
