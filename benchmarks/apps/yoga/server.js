// A library's GraphQL API: books, authors, and a loan for each query that asks for one.
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { lend } from './loans.js';

const authors = Array.from({ length: 10 }, (_, id) => ({ id, name: `Author ${id}` }));
const books = Array.from({ length: 100 }, (_, id) => ({ id, title: `Book ${id}`, author: id % 10, pages: 100 + id }));

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Author { id: ID!, name: String!, books(first: Int = 3): [Book!]! }
    type Book { id: ID!, title: String!, pages: Int!, author: Author! }
    type Loan { number: Int!, book: Book! }
    type Query { book(id: ID!): Book, authors: [Author!]! }
    type Mutation { lend(book: ID!): Loan }
  `,
  resolvers: {
    Query: { book: (_, { id }) => books[id], authors: () => authors },
    Mutation: {
      lend: async (_, { book }, context) => {
        await null;
        return books[book] && lend(books[book], context.request.headers.get('user-agent') ?? '');
      },
    },
    Book: { author: (book) => authors[book.author] },
    Author: { books: (author, { first }) => books.filter((book) => book.author === author.id).slice(0, first) },
  },
});

const server = createServer(createYoga({ schema, graphiql: false, logging: 'error' }));
server.listen(Number(process.env.PORT ?? 4000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
