/** What the globe and the flat map have in common. */
export interface Picture {
  readonly kind: "globe" | "map";
  show(time: number): void;
  paint(dark: boolean): void | Promise<void>;
  /** looks at something by its CZML id */
  go(id: string): void;
  resize(): void;
  close(): void;
}

export interface PictureOptions {
  readonly czml: string;
  readonly time: number;
  readonly dark: boolean;
  readonly centre: readonly [number, number];
  pick(id: string): void;
}

export interface Palette {
  readonly sea: string;
  readonly land: string;
  readonly shore: string;
  readonly line: string;
  readonly ink: string;
}

export const palette = (dark: boolean): Palette =>
  dark
    ? { sea: "#0d1b2a", land: "#3b4a54", shore: "#7f929c", line: "#23384a", ink: "#ffffff" }
    : { sea: "#cfe1ee", land: "#f4f1e8", shore: "#8a978f", line: "#b4cad9", ink: "#10202c" };

/** How this browser draws: with a graphics processor, by software (slow), or not at all. */
export function renderer(): "hardware" | "software" | "none" {
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) return "none";
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name = String(context.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name) ? "software" : "hardware";
}
