'use strict';
const { buildSchema, graphql } = require('graphql');
const DataLoader = require('dataloader');
const schema = buildSchema('type User { id: ID!, name: String!, boss: User } type Query { user(id: ID!): User }');
class User {
  constructor(id) { this.id = id; this.name = 'user' + id; }
  boss(args, context) { return this.id < 1 ? null : context.users.load(this.id - 1); }
}
const rootValue = { user: ({ id }, context) => context.users.load(Number(id)) };
let n = 0;
async function iteration() {
  const contextValue = { users: new DataLoader(async (ids) => ids.map((id) => new User(id))) };
  const result = await graphql({ schema, rootValue, contextValue, source: '{ user(id: ' + (n++ % 500) + ') { name boss { name boss { id } } } }' });
  if (result.errors) throw result.errors[0];
}
module.exports = { iteration };
