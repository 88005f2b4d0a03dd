// SPDX-License-Identifier: LGPL-2.1-or-later

// Where the pages of other namespaces are.
baseURLs = [
  ['GLib', 'https://docs.gtk.org/glib/'],
  ['GObject', 'https://docs.gtk.org/gobject/'],
  ['Gio', 'https://docs.gtk.org/gio/'],
  ['Json', 'https://gnome.pages.gitlab.gnome.org/json-glib/'],
];

// Makes tabs of "In C:", "In Python:" and "In JavaScript (GJS):" with the code behind each. Without
// this they stand one below the other. What a reader chooses holds for all pages.

(function () {
  'use strict';

  const KEY = 'cproc-language';
  const STYLE = `
.language-tabs { display: flex; gap: 2px; border-bottom: 1px solid var(--box-border-color); }
.language-tabs button { padding: 6px 14px; border: 0; border-bottom: 3px solid transparent;
  background: none; color: inherit; font: inherit; cursor: pointer; }
.language-tabs button:hover, .language-tabs button:focus-visible {
  background: var(--box-bg, rgba(127, 127, 127, 0.15)); }
.language-tabs button[aria-selected="true"] { border-bottom-color: var(--primary, #3584e4);
  font-weight: bold; }
`;

  const groups = [];

  function remembered() {
    try {
      return localStorage.getItem(KEY);
    } catch (_) {
      return null;
    }
  }

  function choose(name) {
    for (const group of groups) {
      if (!group.has(name))
        continue;
      for (const [other, {tab, panel}] of group) {
        tab.setAttribute('aria-selected', other === name);
        tab.tabIndex = other === name ? 0 : -1;
        panel.hidden = other !== name;
      }
    }
  }

  function remember(name) {
    try {
      localStorage.setItem(KEY, name);
    } catch (_) {
      // It is not remembered then.
    }
  }

  // The same tab stays where it was on the screen, whatever happens above it.
  function chooseAt(tab, name) {
    const top = tab.getBoundingClientRect().top;

    choose(name);
    remember(name);
    window.scrollBy(0, tab.getBoundingClientRect().top - top);
  }

  function languageOf(element) {
    const match = element && element.tagName === 'P' && element.textContent.match(/^In\s(.+):$/);

    return match ? match[1] : null;
  }

  function isCode(element) {
    return element && (element.classList.contains('codehilite') || element.tagName === 'PRE');
  }

  function makeTab(bar, name, number, group) {
    const tab = document.createElement('button');

    tab.type = 'button';
    tab.id = `tab-${groups.length}-${number}`;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', `panel-${groups.length}-${number}`);
    tab.textContent = name;
    tab.addEventListener('click', () => chooseAt(tab, name));
    tab.addEventListener('keydown', event => {
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];

      if (step) {
        const names = [...group.keys()];
        const next = names[(names.indexOf(name) + step + names.length) % names.length];

        chooseAt(tab, next);
        group.get(next).tab.focus();
      }
    });
    bar.append(tab);

    return tab;
  }

  function makePanel(paragraph, tab) {
    const panel = document.createElement('div');

    panel.id = tab.getAttribute('aria-controls');
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    while (isCode(paragraph.nextElementSibling))
      panel.append(paragraph.nextElementSibling);
    paragraph.replaceWith(panel);

    return panel;
  }

  function makeGroup(first) {
    const bar = document.createElement('div');
    const group = new Map();
    let paragraph = first;

    bar.className = 'language-tabs';
    bar.setAttribute('role', 'tablist');
    first.before(bar);
    for (let number = 0, name; (name = languageOf(paragraph)); number++) {
      const tab = makeTab(bar, name, number, group);
      const panel = makePanel(paragraph, tab);

      group.set(name, {tab, panel});
      paragraph = panel.nextElementSibling;
    }
    groups.push(group);
  }

  document.addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');

    style.textContent = STYLE;
    document.head.append(style);
    for (const paragraph of document.querySelectorAll('.docblock p')) {
      if (paragraph.isConnected && languageOf(paragraph) && isCode(paragraph.nextElementSibling))
        makeGroup(paragraph);
    }
    choose('C');
    choose(remembered());
  });
})();

// The frame of all pages: what comes first on the first page, the pages in the side bar, and what a
// narrow screen needs.
(function () {
  'use strict';

  const PAGES = [
    ['Overview', 'overview.html'],
    ['Run a command', 'tutorial-exec.html'],
    ['Live with a child', 'tutorial-spawn.html'],
    ['Talk to a worker', 'tutorial-fork.html'],
    ['Workers and pools', 'pools.html'],
    ['Recipes', 'recipes.html'],
    ['Python', 'python.html'],
    ['JavaScript (GJS)', 'gjs.html'],
    ['Guarantees', 'guarantees.html'],
  ];

  const STYLE = `
.docblock table { display: block; max-width: 100%; overflow-x: auto; }
.docblock .codehilite > .copy-button { position: static; float: right; }
.begin-here { border: 1px solid var(--box-border-color); border-radius: 6px; margin: 1em 0;
  padding: 0.5em 1em; }
@media (max-width: 700px) {
  #main { padding: 1rem; box-sizing: border-box; }
  .sidebar { width: 100%; box-sizing: border-box; }
}
`;

  function link(name, target) {
    const a = document.createElement('a');

    a.href = target;
    a.textContent = name;

    return a;
  }

  function addPages(sidebar) {
    const section = document.createElement('div');
    const title = document.createElement('h5');
    const links = document.createElement('div');

    section.className = 'section';
    title.textContent = 'Pages';
    links.className = 'links';
    links.append(...PAGES.map(page => link(...page)));
    section.append(title, links);
    sidebar.append(section);
  }

  function beginHere(header) {
    const box = document.createElement('p');

    box.className = 'begin-here';
    box.append('Begin here: the ', link('overview', 'overview.html'), ', then the tutorials: ',
      link('run a command', 'tutorial-exec.html'), ', ',
      link('live with a child', 'tutorial-spawn.html'), ', ',
      link('talk to a worker', 'tutorial-fork.html'), '.');
    header.append(box);
  }

  document.addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');
    const sidebar = document.querySelector('.sidebar');
    const header = document.querySelector('#main > header');

    style.textContent = STYLE;
    document.head.append(style);
    if (sidebar)
      addPages(sidebar);
    if (header && document.querySelector('.meta.info') && document.querySelector('#classes'))
      beginHere(header);
    // A row without an address says nothing.
    for (const a of document.querySelectorAll('.meta.info a:not([href]), .meta.info a[href=""]'))
      a.closest('tr')?.remove();
  });
})();
