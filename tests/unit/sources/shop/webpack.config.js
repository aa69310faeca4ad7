module.exports = { mode: "production", target: "node", entry: "./src/main.ts", devtool: "source-map",
  output: { path: __dirname + "/webpack", filename: "main.js", library: { type: "commonjs2" } },
  resolve: { extensions: [".ts", ".js"] },
  module: { rules: [{ test: /\.ts$/, use: { loader: "ts-loader", options: { transpileOnly: true } } }] } };
