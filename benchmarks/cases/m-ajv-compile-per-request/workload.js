'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const Ajv = require('ajv');
const ajv = new Ajv();
const schema = () => ({ type: 'object', properties: { id: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } }, required: ['id'] });
const compiled = ajv.compile(schema());
let n = 0;
function iteration() {
  const validate = LEAKY ? ajv.compile(schema()) : compiled;
  if (!validate({ id: n++, tags: ['a'] })) throw new Error('bad');
}
module.exports = { iteration };
