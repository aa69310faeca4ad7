export function findRecipe(id: number) {
  return {
    id,
    title: `Soup number ${id}`,
    ingredients: Array.from({ length: 8 }, (_, n) => ({ name: `ingredient ${n}`, grams: 10 * (n + 1) })),
  };
}
