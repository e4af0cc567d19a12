// Decoders of formats that the globe is never given (splats, compressed meshes). They compile WebAssembly when they are
// loaded, which the page's security policy forbids; in their place stands this.
function unused(): never {
  throw new Error("this format is not part of the console");
}
export const loadSpz = unused;
export const MeshoptDecoder = { decodeVertexBuffer: unused, decodeIndexBuffer: unused };
