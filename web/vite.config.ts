import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const OUT = resolve(import.meta.dirname, "../swath/serve/static");
const CESIUM = resolve(import.meta.dirname, "node_modules/@cesium/engine");
const UNUSED = resolve(import.meta.dirname, "src/lib/unused.ts");
/** What the globe asks for at run time: seen in the browser's network log, held by tests/serve. */
const WORKERS = [
  "createGeometry", "createPolygonGeometry", "createPolylineGeometry", "combineGeometry", "createVerticesFromHeightmap", "transferTypedArrayTest", "incrementallyBuildTerrainPicker",
];
const HEIGHTS = "approximateTerrainHeights.json";

/** Cesium's workers are loaded by address: the few that are used, and the chunks that they import. */
function cesiumWorkers(): Plugin {
  return {
    name: "cesium-workers",
    apply: "build",
    closeBundle() {
      mkdirSync(join(OUT, "cesium/Assets"), { recursive: true });
      cpSync(join(CESIUM, "Source/Assets", HEIGHTS), join(OUT, "cesium/Assets", HEIGHTS));
      const wanted = WORKERS.map((name) => `${name}.js`);
      const done = new Set<string>();
      for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
        if (done.has(name)) continue;
        done.add(name);
        const from = join(CESIUM, "Build/Workers", name);
        const to = join(OUT, "cesium/Workers", name);
        mkdirSync(dirname(to), { recursive: true });
        cpSync(from, to);
        for (const found of readFileSync(from, "utf8").matchAll(/["']\.\/([\w-]+\.js)["']/g)) wanted.push(found[1]!);
      }
    },
  };
}

/** Where Cesium sets styles in ways that the page's security policy forbids, and what does the same in an allowed way. */
const STYLES = [
  ["Scene/CreditDisplay.js", "shadowRootOrDocumentHead.appendChild(styleElem);", ""],
  ["Core/FeatureDetection.js", "canvas.setAttribute(\n      \"style\",", "((name, text) => { canvas.style.cssText = text; })(\n      \"style\","],
] as const;

function cesiumWithinPolicy(): Plugin {
  return {
    name: "cesium-within-policy",
    transform(code, id) {
      const change = STYLES.find(([file]) => id.endsWith(`engine/Source/${file}`));
      if (!change) return null;
      const [, from, to] = change;
      if (!code.includes(from)) this.error(`Cesium has changed: "${from}" is not in ${id}`);
      return { code: code.replace(from, to), map: null };
    },
  };
}

/** Whose work is in the page, under which terms. */
function licences(): Plugin {
  const files = { "CesiumJS": "@cesium/engine/LICENSE.md", "MapLibre GL JS": "maplibre-gl/LICENSE.txt", "world-atlas (Natural Earth)": "world-atlas/LICENSE", "TopoJSON": "topojson-client/LICENSE" };
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const parts = Object.entries(files).map(([name, path]) => `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(resolve(import.meta.dirname, "node_modules", path), "utf8")}`);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: parts.join("\n\n") });
    },
  };
}

export default defineConfig({
  base: "./",
  resolve: { alias: { "@spz-loader/core": UNUSED, "meshoptimizer": UNUSED, "meshoptimizer/decoder": UNUSED } },
  build: { outDir: OUT, emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 5000, modulePreload: { polyfill: false } },
  plugins: [cesiumWithinPolicy(), cesiumWorkers(), licences()],
});
