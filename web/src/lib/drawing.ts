import type { Map as FlatMap } from "maplibre-gl";
import { h, put } from "./dom.ts";
import { t } from "./words.ts";

const SILENCE_MS = 1000;

/**
 * Tells that the pixels of a stage are on their way, until they are drawn: a line over it and, where that takes long,
 * a word to people who hear the page. `data-ready` is on the stage only while all of it is drawn.
 */
export class Drawing {
  private readonly stage: HTMLElement;
  private readonly say: (text: string) => void;
  private readonly line = h("progress", { class: "drawing", "aria-label": t("map.drawing") });
  private readonly lost = h("p", { class: "lost", role: "status", hidden: true });
  private readonly maps = new Set<FlatMap>();
  private late = 0;
  private told = false;

  constructor(stage: HTMLElement, say: (text: string) => void) {
    this.stage = stage;
    this.say = say;
    stage.append(this.line, this.lost);
    this.begin();
  }

  /** From now on this map's tiles count. */
  watch(map: FlatMap): void {
    this.maps.add(map);
    map.triggerRepaint(); // a map that has nothing to do would never tell that it is done
    map.on("dataloading", (event) => { if (event.dataType === "source" && event.sourceId === "tiles") this.begin(); });
    map.on("idle", () => this.end());
    map.on("error", (event) => {
      console.error(event.error);
      if ((event as { sourceId?: string }).sourceId !== "tiles") return;
      this.lost.hidden = false;
      put(this.lost, t("map.lost"));
    });
  }

  /** Something else is to be shown: what could not be drawn of the last is forgotten. */
  anew(): void {
    this.lost.hidden = true;
    this.begin();
    for (const map of this.maps) map.triggerRepaint();
  }

  close(): void {
    window.clearTimeout(this.late);
  }

  private begin(): void {
    if (this.late) return;
    delete this.stage.dataset["ready"];
    this.line.hidden = false;
    this.told = false;
    this.late = window.setTimeout(() => { this.told = true; this.say(t("map.drawing")); }, SILENCE_MS);
  }

  private end(): void {
    if ([...this.maps].some((map) => !map.loaded())) return;
    window.clearTimeout(this.late);
    this.late = 0;
    this.line.hidden = true;
    this.stage.dataset["ready"] = "map";
    if (this.told) this.say(this.lost.hidden ? t("map.drawn") : t("map.lost"));
    this.told = false;
  }
}
