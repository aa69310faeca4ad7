'use strict';
const LEAKY = process.env.VARIANT === 'leaky';

const axios = require('axios');
const api = axios.create({ adapter: async (config) => ({ data: 'ok', status: 200, statusText: 'OK', headers: {}, config }) });
class TokenSource { constructor(id) { this.id = id; this.token = 't' + id; } }
let n = 0;
async function iteration() {
  const source = new TokenSource(n++);
  const handle = api.interceptors.request.use((config) => { config.headers.set('x-token', source.token); return config; });
  const { data } = await api.get('/me');
  if (!LEAKY) { api.interceptors.request.eject(handle); api.interceptors.request.clear(); }
  if (data !== 'ok') throw new Error('bad');
}
module.exports = { iteration };
