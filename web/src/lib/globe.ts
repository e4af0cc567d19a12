import {
  Cartesian3, CesiumWidget, Color, ConstantProperty, ColorMaterialProperty, Credit, CreditDisplay, CzmlDataSource, EllipsoidTerrainProvider, HeadingPitchRange, ImageryLayer,
  JulianDate, Math as Angles, Matrix4, PointGraphics, Rectangle, SceneTransforms, ScreenSpaceEventHandler, ScreenSpaceEventType, SingleTileImageryProvider, Transforms,
  buildModuleUrl, defined, type Entity,
} from "@cesium/engine";
import { worldPicture } from "./world.ts";
import { palette, type Picture, type PictureOptions } from "./picture.ts";

/**
 * The Earth with what flies over it, by CesiumJS. On software rendering (`light`) it draws without stars, air and smoothing, at 60 % of the
 * resolution and at most ten times a second.
 */
export async function globe(box: HTMLElement, options: PictureOptions & { light: boolean }): Promise<Picture> {
  (buildModuleUrl as unknown as { setBaseUrl(url: string): void }).setBaseUrl(new URL("./cesium/", document.baseURI).href);
  // The Sun's place is exact enough without the tables of the Earth's pole, 1.8 MB.
  (Transforms as unknown as { computeIcrfToCentralBodyFixedMatrix: unknown }).computeIcrfToCentralBodyFixedMatrix = Transforms.computeTemeToPseudoFixedMatrix;
  // No service of the library's makers is used; what is owed to them is said in words beside the globe.
  CreditDisplay.cesiumCredit = new Credit("CesiumJS");
  const credits = document.createElement("div");
  const widget = new CesiumWidget(box, {
    baseLayer: await surface(options.dark), terrainProvider: new EllipsoidTerrainProvider(), skyBox: false, skyAtmosphere: false,
    creditContainer: credits, creditViewport: credits, requestRenderMode: true, maximumRenderTimeChange: Infinity, msaaSamples: options.light ? 1 : 4,
    ...(options.light ? { targetFrameRate: 10 } : {}),
  });
  const { scene, clock, camera } = widget;
  if (options.light) widget.resolutionScale = 0.6;
  scene.fog.enabled = false;
  scene.globe.showGroundAtmosphere = false;
  scene.globe.baseColor = Color.fromCssColorString("#0a1018");
  scene.backgroundColor = Color.fromCssColorString("#0d1b2a");
  scene.globe.enableLighting = true;
  scene.globe.lightingFadeOutDistance = 1e9;
  scene.globe.lightingFadeInDistance = 2e9;
  scene.globe.maximumScreenSpaceError = options.light ? 4 : 2;
  if (scene.sun) scene.sun.show = false;
  if (scene.moon) scene.moon.show = false;
  scene.screenSpaceCameraController.minimumZoomDistance = 20_000;
  clock.shouldAnimate = false;
  const source = await CzmlDataSource.load(JSON.parse(options.czml));
  for (const entity of source.entities.values) dress(entity, options.dark);
  clock.currentTime = JulianDate.fromDate(new Date(options.time));
  await widget.dataSources.add(source);
  camera.setView({ destination: Cartesian3.fromDegrees(options.centre[0], options.centre[1], 16_000_000) });
  // The data source takes a clock of its own along; the page's slider is the only clock.
  clock.shouldAnimate = false;
  const off = names(widget, source, box);
  const clicks = new ScreenSpaceEventHandler(scene.canvas);
  clicks.setInputAction((event: ScreenSpaceEventHandler.PositionedEvent) => {
    const picked = scene.pick(event.position) as { id?: Entity } | undefined;
    if (defined(picked) && picked.id?.id) options.pick(picked.id.id);
  }, ScreenSpaceEventType.LEFT_CLICK);
  const draw = (): void => scene.requestRender();
  await new Promise<void>((ready) => {
    const off = scene.postRender.addEventListener(() => {
      if (!scene.globe.tilesLoaded) return draw();
      off();
      ready();
    });
    draw();
  });
  // entities are drawn a few frames after their source is there
  for (let frame = 0; frame < 5; frame++) setTimeout(draw, 200 * frame);
  return {
    kind: "globe",
    show(time) {
      clock.currentTime = JulianDate.fromDate(new Date(time));
      draw();
    },
    async paint(dark) {
      const next = await surface(dark);
      scene.imageryLayers.removeAll();
      scene.imageryLayers.add(next);
      for (const entity of source.entities.values) dress(entity, dark);
      draw();
    },
    go(id) {
      const entity = source.entities.getById(id);
      const place = entity?.position?.getValue(clock.currentTime);
      if (!place) return;
      const far = id.startsWith("satellite/") ? 9_000_000 : id.startsWith("station/") ? 5_000_000 : 400_000;
      camera.lookAt(place, new HeadingPitchRange(0, Angles.toRadians(-89), far));
      camera.lookAtTransform(Matrix4.IDENTITY);
      draw();
    },
    resize() {
      widget.resize();
      draw();
    },
    close() {
      off();
      clicks.destroy();
      widget.destroy();
    },
  };
}

async function surface(dark: boolean): Promise<ImageryLayer> {
  const canvas = await worldPicture(palette(dark), 4096);
  const provider = new SingleTileImageryProvider({ url: canvas.toDataURL("image/png"), tileWidth: 4096, tileHeight: 2048, rectangle: Rectangle.MAX_VALUE });
  const layer = new ImageryLayer(provider);
  layer.nightAlpha = 0.5;
  layer.dayAlpha = 1;
  return layer;
}

/** Flat outlines at sea level (draped ones need tables of heights), words that read on any ground. */
function dress(entity: Entity, dark: boolean): void {
  if (entity.polygon) {
    entity.polygon.height = new ConstantProperty(0);
    entity.polygon.outline = new ConstantProperty(false);
  }
  // names are HTML: sharp at any resolution of the picture
  if (entity.label) entity.label.show = new ConstantProperty(false);
  if (entity.id.startsWith("picture/")) {
    const color = (entity.polygon?.material as ColorMaterialProperty | undefined)?.color;
    entity.point = new PointGraphics({ pixelSize: 5, outlineWidth: 0, ...(color ? { color } : {}) });
  }
  if (entity.point && entity.id.startsWith("station/")) {
    entity.point.color = new ConstantProperty(dark ? Color.WHITE : Color.BLACK);
    entity.point.outlineColor = new ConstantProperty(dark ? Color.BLACK : Color.WHITE);
    entity.point.outlineWidth = new ConstantProperty(2);
  }
}

/** Names beside satellites and stations, where the Earth does not hide them; takes them away again. */
function names(widget: CesiumWidget, source: CzmlDataSource, box: HTMLElement): () => void {
  const { scene, clock } = widget;
  const shown = source.entities.values.filter((entity) => entity.label).map((entity) => {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = entity.name ?? entity.id;
    box.append(mark);
    return { entity, mark };
  });
  return scene.postRender.addEventListener(() => {
    for (const { entity, mark } of shown) {
      const place = entity.position?.getValue(clock.currentTime);
      const at = place && visible(scene.camera.positionWC, place) ? SceneTransforms.worldToWindowCoordinates(scene, place) : undefined;
      mark.hidden = !at;
      if (at) mark.style.transform = `translate(${Math.round(at.x + 9)}px, ${Math.round(at.y - 9)}px)`;
    }
  });
}

const HIDES_M = 6_350_000;

/** Does the line from the camera to a place pass the Earth by? */
function visible(camera: Cartesian3, place: Cartesian3): boolean {
  const way = Cartesian3.subtract(place, camera, new Cartesian3());
  const nearest = -Cartesian3.dot(camera, way) / Cartesian3.magnitudeSquared(way);
  if (nearest <= 0 || nearest >= 1) return true;
  const point = Cartesian3.add(camera, Cartesian3.multiplyByScalar(way, nearest, way), new Cartesian3());
  return Cartesian3.magnitude(point) > HIDES_M;
}
