import { createSSRApp } from 'vue';
import { renderToString } from 'vue/server-renderer';
import App from './App.vue';
import { findRecipe } from './recipes';
import { startRender } from './renders';

export async function render(url: string): Promise<string> {
  const id = Number(url.split('/').pop());
  const scope = startRender(url);
  const html = await renderToString(createSSRApp(App, { recipe: findRecipe(id) }));
  scope.size = html.length;
  return html;
}
