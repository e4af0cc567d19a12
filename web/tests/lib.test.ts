import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import type { Topology } from "topojson-specification";
import { land } from "../src/lib/land.ts";
import { parse, write } from "../src/lib/route.ts";
import { night, subsolar } from "../src/lib/sun.ts";
import { geodetic, tracks } from "../src/lib/track.ts";

const here = (path: string): string => new URL(path, import.meta.url).pathname;

test("land stays within -180..180 and never jumps across the map", () => {
  const shores = land(JSON.parse(readFileSync(here("../node_modules/world-atlas/land-110m.json"), "utf8")) as Topology);
  let area = 0;
  for (const polygon of shores.coordinates) {
    for (const ring of polygon) {
      ring.forEach(([lon, lat], n) => {
        assert.ok(Math.abs(lon!) <= 180.000001 && Math.abs(lat!) <= 90, `${lon} ${lat}`);
        const before = ring[n - 1];
        // only along the pole may an edge be long
        if (before && lat! > -89.9) assert.ok(Math.abs(lon! - before[0]!) < 180, `${before} to ${lon} ${lat}`);
        if (before) area += ((lon! - before[0]!) * (Math.sin((lat! * Math.PI) / 180) + Math.sin((before[1]! * Math.PI) / 180))) / 2;
      });
    }
  }
  // 29.2 % of the Earth is land (CIA World Factbook); lakes and coarse coasts leave some of it
  const share = Math.abs(area) / (2 * 360);
  assert.ok(Math.abs(share - 0.292) < 0.01, `land is ${share}`);
});

test("the Sun stands where the almanac says", () => {
  // Astronomical Almanac: equinox of 2024-03-20 03:06 UTC, solstice of 2024-06-20 20:51 UTC; equation of time +16.4 min on 3 November
  assert.ok(Math.abs(subsolar(Date.UTC(2024, 2, 20, 3, 6)).lat_deg) < 0.02);
  assert.ok(Math.abs(subsolar(Date.UTC(2024, 5, 20, 20, 51)).lat_deg - 23.436) < 0.01);
  assert.ok(Math.abs(subsolar(Date.UTC(2024, 10, 3, 12, 0)).lon_deg + 16.4 / 4) < 0.05);
});

test("night is where the Sun is not", () => {
  const at = Date.UTC(2026, 4, 8, 12);
  const ring = night(at);
  const middle = ring.find(([lon]) => lon === 0)!;
  assert.ok(middle[1] < 0, "at noon in May the edge of night on Greenwich is in the south");
  assert.deepEqual(ring[0], ring[ring.length - 1]);
});

test("a satellite is where its samples say, and between them where the orbit says", () => {
  const radius = 6_978_137;
  const rate = (2 * Math.PI) / 5800;
  const cartesian = Array.from({ length: 90 }, (_, n) => [60 * n, radius * Math.cos(60 * n * rate), radius * Math.sin(60 * n * rate), 0]).flat();
  const [track] = tracks([{ id: "satellite/A", position: { epoch: "2026-05-08T00:00:00Z", cartesian } }]);
  const at = track!.at(Date.UTC(2026, 4, 8, 0, 10, 30))!;
  assert.ok(Math.abs(at.lon_deg - (630 * rate * 180) / Math.PI) < 1e-5);
  assert.ok(Math.abs(at.altitude_m - 600_000) < 1);
  assert.equal(track!.at(Date.UTC(2026, 4, 7)), undefined);
});

test("geodetic coordinates of a published point", () => {
  // EPSG Guidance Note 7-2, example of geocentric conversions: 53 deg 48' 33.820" N, 2 deg 7' 46.380" E, 73 m
  const at = geodetic([3771793.968, 140253.342, 5124304.349]);
  assert.ok(Math.abs(at.lat_deg - (53 + 48 / 60 + 33.82 / 3600)) < 1e-7);
  assert.ok(Math.abs(at.lon_deg - (2 + 7 / 60 + 46.38 / 3600)) < 1e-7);
  assert.ok(Math.abs(at.altitude_m - 73) < 0.01);
});

test("state survives the address", () => {
  const state = { t: "2026-05-08T00:00:00Z", q: "a b&c=d#e", 한: "글" };
  assert.deepEqual(parse(write("plan", state)), { view: "plan", state });
  assert.equal(write("now", { t: "", x: null }), "#/now");
});

test("every language says everything, with the same blanks", () => {
  const files = readdirSync(here("../src/text")).map((name) => [name, JSON.parse(readFileSync(here(`../src/text/${name}`), "utf8")) as Record<string, string>] as const);
  const english = files.find(([name]) => name === "en.json")![1];
  const blanks = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();
  for (const [name, texts] of files) {
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort(), name);
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim(), `${name}: ${key} is empty`);
      assert.deepEqual(blanks(text), blanks(english[key]!), `${name}: ${key}`);
    }
  }
});

test("every text that the page asks for is in the catalogue, and none is left over", () => {
  const source = ["../src", "../src/lib", "../src/views"].flatMap((folder) => readdirSync(here(folder)).filter((name) => name.endsWith(".ts")).map((name) => readFileSync(here(`${folder}/${name}`), "utf8"))).join("\n");
  const english = Object.keys(JSON.parse(readFileSync(here("../src/text/en.json"), "utf8")) as Record<string, string>);
  const asked = [...source.matchAll(/\bt\("([^"]+)"/g)].map((found) => found[1]!);
  const groups = [...source.matchAll(/\bt\(`([^`$]+)\$\{/g)].map((found) => found[1]!).concat([...source.matchAll(/\bcode\("([^"]+)"/g)].map((found) => `${found[1]!}.`));
  for (const key of asked) assert.ok(english.includes(key), `${key} is not in the catalogue`);
  const literal = new Set([...source.matchAll(/"([a-z]+\.[\w.]+)"/g)].map((found) => found[1]!));
  for (const key of english) assert.ok(literal.has(key) || asked.includes(key) || groups.some((group) => key.startsWith(group)), `${key} is in the catalogue, but nothing shows it`);
});
