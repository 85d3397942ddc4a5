import { defineConfig } from "vite";

// Fixed names: the program compiles these files in (cmake/contrans_page.cmake). No inline script or style: the server's
// Content-Security-Policy allows none.
export default defineConfig({
  base: "/",
  build: {
    target: "es2021",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      output: {
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: (asset) => (asset.names.some((name) => name.endsWith(".css")) ? "assets/page.css" : "assets/[name][extname]"),
      },
    },
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  // `npx vite` beside a running `contrans serve --port 8080`, for work on the page.
  server: { proxy: { "/v1": { target: "http://127.0.0.1:8080", changeOrigin: false } } },
});
