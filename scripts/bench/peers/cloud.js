/* global Parse */
Parse.Cloud.beforeSave('Hooked', () => {});
Parse.Cloud.define('hang', () => new Promise(resolve => setTimeout(() => resolve('done'), 2000)));
