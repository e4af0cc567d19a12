import type { MultiPolygon } from "geojson";
import type { Topology } from "topojson-specification";
import coarse from "world-atlas/land-50m.json?url";
import { land } from "./land.ts";
import type { Palette } from "./picture.ts";

let known: Promise<MultiPolygon> | undefined;

/** Coasts of Natural Earth at 1:50 million, shipped with the page. */
export function world(): Promise<MultiPolygon> {
  known ??= fetch(coarse).then(async (answer) => land((await answer.json()) as Topology));
  return known;
}

/** The whole Earth in one picture, longitude to the right and latitude up: what the globe wears. */
export async function worldPicture(colors: Palette, width: number): Promise<HTMLCanvasElement> {
  const { coordinates } = await world();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = width / 2;
  const pen = canvas.getContext("2d")!;
  const scale = width / 360;
  pen.fillStyle = colors.sea;
  pen.fillRect(0, 0, width, width / 2);
  pen.strokeStyle = colors.line;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let lon = 0; lon <= 360; lon += 30) {
    pen.moveTo(lon * scale, 0);
    pen.lineTo(lon * scale, width / 2);
  }
  for (let lat = 0; lat <= 180; lat += 30) {
    pen.moveTo(0, lat * scale);
    pen.lineTo(width, lat * scale);
  }
  pen.stroke();
  pen.fillStyle = colors.land;
  pen.strokeStyle = colors.shore;
  pen.lineWidth = 1.5;
  for (const polygon of coordinates) {
    pen.beginPath();
    for (const ring of polygon) {
      ring.forEach(([lon, lat], n) => (n ? pen.lineTo((lon! + 180) * scale, (90 - lat!) * scale) : pen.moveTo((lon! + 180) * scale, (90 - lat!) * scale)));
      pen.closePath();
    }
    pen.fill("evenodd");
    pen.stroke();
  }
  return canvas;
}
