import { defineConfig, type Plugin } from 'vite';

/** Puts the script and the style into the page: it is served, and written for colleagues, as one file. */
function inside(): Plugin {
  return {
    name: 'inside',
    enforce: 'post',
    generateBundle(_, bundle) {
      const page = bundle['index.html'];
      if (page?.type !== 'asset') throw new Error('no index.html was built');
      let html = String(page.source);
      for (const [name, part] of Object.entries(bundle)) {
        if (part.type === 'chunk') {
          // Nothing in a script may end its element.
          const code = part.code.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
          html = html.replace(/<script type="module"[^>]*src=[^>]*><\/script>/, '');
          html = html.replace('</body>', () => `<script type="module">${code}</script></body>`);
        } else if (name.endsWith('.css'))
          html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(part.source)}</style>`);
        else continue;
        delete bundle[name];
      }
      page.source = html;
    },
  };
}

export default defineConfig({
  plugins: [inside()],
  build: { target: 'es2022', modulePreload: false, assetsInlineLimit: 1 << 20, reportCompressedSize: false },
});
