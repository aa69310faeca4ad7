export default function Page() {
  return <main><h1>Orders</h1><p>See /api/orders/1</p></main>;
}
