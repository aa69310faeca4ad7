import { createSSRApp } from 'vue';
import App from './App.vue';
import { findRecipe } from './recipes';

createSSRApp(App, { recipe: findRecipe(Number(location.pathname.split('/').pop())) }).mount('#app');
