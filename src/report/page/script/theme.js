// The theme: chosen by the person, remembered by the browser, and shown before thousands of takes are read.

const THEMES = { system: "Theme: auto", light: "Theme: light", dark: "Theme: dark" };

function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = THEMES[theme];
}

function turnTheme() {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
  memory.keep("rushes theme", next);
  showTheme(next);
}

function recallTheme() {
  const theme = memory.read("rushes theme");
  showTheme(Object.hasOwn(THEMES, theme) ? theme : "system");
}

recallTheme();
